// How large the data plane's programs are: a line each of what is counted, the program, the count.
//
//   object     BPF instructions as compiled, with the functions that the program calls
//   verified   instructions that this kernel's verifier went through
//   jited      bytes of machine code that this kernel made
//
// The first depends on the compiler alone, the others on the kernel as well.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

extern "C" const unsigned char turnout_bpf_director_begin[];
extern "C" const unsigned char turnout_bpf_director_end[];

namespace {

bool print(const bpf_program* program) {
    const char* name = bpf_program__name(program);
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) return false;
    std::printf("object %s %zu\n", name, bpf_program__insn_cnt(program));
    std::printf("verified %s %u\n", name, info.verified_insns);
    if (info.jited_prog_len) std::printf("jited %s %u\n", name, info.jited_prog_len);
    return true;
}

}  // namespace

int main() {
    const auto size = static_cast<size_t>(turnout_bpf_director_end - turnout_bpf_director_begin);
    bpf_object* object = bpf_object__open_mem(turnout_bpf_director_begin, size, nullptr);
    bool done = object && bpf_object__load(object) == 0;
    const bpf_program* program = nullptr;
    if (done)
        while ((program = bpf_object__next_program(object, const_cast<bpf_program*>(program))))
            done = done && print(program);
    if (!done) std::fprintf(stderr, "guard_programs: %s\n", std::strerror(errno));
    bpf_object__close(object);
    return done ? 0 : 1;
}
