// How every freestanding function is marked: the BPF back end refuses calls to out-of-line
// C++ functions, so all of the data plane is one function per program after inlining.
#pragma once

#define TURNOUT_INLINE [[gnu::always_inline]] inline
