# turnout_bpf_object(NAME SOURCE): a BPF program as bytes inside our binaries.
#
# Compiles SOURCE with clang and gives the object library turnout_bpf_NAME, which defines
#     extern "C" const unsigned char turnout_bpf_NAME_begin[], turnout_bpf_NAME_end[];
# A program therefore finds its BPF objects without looking for files.
find_program(TURNOUT_CLANG NAMES clang clang-14 REQUIRED)

# -fstandalone-debug: without it C++ debug info only forward-declares map types and libbpf refuses
# the object.  -gsimple-template-names: template arguments in a BTF name make the kernel refuse it.
# -ffreestanding: clang's own <stdint.h>, as glibc's wants 32-bit headers for this target.
set(TURNOUT_BPF_FLAGS
    -target bpf -mcpu=v3 -O2 -g -std=c++20 -ffreestanding -fno-exceptions -fno-rtti
    -gsimple-template-names -fstandalone-debug -Wall -Wextra -Werror
    -I ${PROJECT_SOURCE_DIR}/src -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})

function(turnout_bpf_object name source)
    set(symbol turnout_bpf_${name})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
    set(embedding ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.S)
    get_filename_component(source ${source} ABSOLUTE)

    add_custom_command(
        OUTPUT ${object}
        COMMAND ${TURNOUT_CLANG} ${TURNOUT_BPF_FLAGS} -MD -MF ${object}.d -c ${source} -o ${object}
        DEPENDS ${source}
        DEPFILE ${object}.d
        COMMENT "Compiling BPF object ${name}"
        VERBATIM)
    # libbpf reads the object where it lies: keep it aligned as a file in memory would be.
    file(CONFIGURE OUTPUT ${embedding} @ONLY CONTENT
"    .section .rodata
    .global @symbol@_begin, @symbol@_end
    .balign 64
@symbol@_begin:
    .incbin \"@object@\"
@symbol@_end:
    .byte 0
    .section .note.GNU-stack, \"\", %progbits
")
    set_source_files_properties(${embedding} PROPERTIES OBJECT_DEPENDS ${object})
    add_library(${symbol} OBJECT ${embedding})
endfunction()
