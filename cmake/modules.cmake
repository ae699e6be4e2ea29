# What is not compiled with its neighbours, for it and they have the same name for different things:
# targets, all whose files are compiled one by one, and single files.
function(turnout_apart)
    set_target_properties(${ARGN} PROPERTIES UNITY_BUILD OFF)
endfunction()
function(turnout_alone)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# turnout_module(NAME [DEPENDS…]): one folder under src/ as a static library.
#
# The library is made of every .cpp beside the CMakeLists.txt; every x_test.cpp becomes part of the
# test program NAME_test, which ctest runs.  A test that exists is a test that runs.
function(turnout_module name)
    file(GLOB sources CONFIGURE_DEPENDS *.cpp)
    file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
    list(REMOVE_ITEM sources ${tests} "")
    if(sources)
        add_library(turnout_${name} STATIC ${sources})
        set(scope PUBLIC)
    else()
        add_library(turnout_${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_link_libraries(turnout_${name} ${scope} turnout_options ${ARGN})
    if(sources AND TURNOUT_SANITIZE AND NOT name IN_LIST turnout_busy_modules)
        target_compile_options(turnout_${name} PRIVATE -O0)
    endif()
    if(tests)
        add_executable(${name}_test ${tests})
        if(NOT ${name}_test_plays_traffic)
            target_compile_options(${name}_test PRIVATE ${turnout_unhurried})
        endif()
        # Tests may stand on the director without a kernel, whatever their module may include.
        target_link_libraries(${name}_test PRIVATE turnout_${name} ${${name}_test_needs}
                              GTest::gtest_main GTest::gmock)
        add_dependencies(unit_tests ${name}_test)
        add_test(NAME unit.${name} COMMAND ${name}_test)
        set_tests_properties(unit.${name} PROPERTIES LABELS unit)
    endif()
endfunction()
