// A packet through the native pipeline: one function for all who send packets, for the pipeline
// takes its time to compile.
#pragma once

#include "native/native_env.hpp"

namespace turnout::native {

Verdict run(NativeEnv<Lane::fast>& env);
Verdict run(NativeEnv<Lane::complete>& env);
Verdict run_whole_way(NativeEnv<Lane::complete>& env);

// One walk of the sweeper through the whole table.
void sweep_all(MemoryTables& tables, World& world);

}  // namespace turnout::native
