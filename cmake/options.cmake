# What every native target is compiled with.
add_library(turnout_options INTERFACE)
target_include_directories(turnout_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(turnout_options INTERFACE TURNOUT_VERSION="${PROJECT_VERSION}")
target_compile_options(turnout_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror)
if(TURNOUT_SANITIZE)
    target_compile_options(turnout_options INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(turnout_options INTERFACE -fsanitize=address,undefined)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    # gcc has the say: clang warns of more by the same names, and of what libbpf's macros are made of.
    target_compile_options(turnout_options INTERFACE -w)
endif()

# Where tests under sanitizers spend their time; of the rest, optimising takes longer than running.
set(turnout_busy_modules model tables native ipvs director)

# For code whose speed nobody minds and that takes long to optimise: tests, but for those that play
# traffic; and what reads command lines, for CLI11 is all headers.
set(turnout_unhurried -O0 -g1)
function(turnout_unhurried_sources)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "${turnout_unhurried}")
endfunction()
