// How a layout is written down: one format for what BTF tells and for what the compiler of the
// native programs has made of it.
#pragma once

#include <cstddef>
#include <cstdio>

namespace turnout::test {

inline void print_version(unsigned version) {
    std::printf("tables_version %u\n\n", version);
}

inline void print_map(const char* name, const char* kind, const char* key, size_t key_size,
                      const char* value, size_t value_size) {
    std::printf("map %-16s %-14s %8s %2zu  %13s %4zu\n", name, kind, key, key_size, value,
                value_size);
}

inline void print_row(const char* name, size_t size) {
    std::printf("\nstruct %s, %zu bytes\n", name, size);
}

inline void print_field(size_t offset, size_t size, const char* name, const char* type) {
    std::printf("%8zu %5zu  %-24s %s\n", offset, size, name, type);
}

inline void print_enum(const char* name, size_t size) {
    std::printf("\nenum %s, %zu bytes\n", name, size);
}

inline void print_value(long long value, const char* name) {
    std::printf("%8lld  %s\n", value, name);
}

}  // namespace turnout::test
