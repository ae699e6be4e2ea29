#include "native/run.hpp"

namespace turnout::native {

Verdict run(NativeEnv<Lane::fast>& env) {
    return direct(env);
}

Verdict run(NativeEnv<Lane::complete>& env) {
    return direct(env);
}

Verdict run_whole_way(NativeEnv<Lane::complete>& env) {
    return go_whole_way(env);
}

void sweep_all(MemoryTables& tables, World& world) {
    NativeEnv<Lane::complete> env(tables, world, {});
    for (uint32_t bucket = 0; bucket < tables.rows.buckets.size(); ++bucket)
        sweep(env, *tables.rows.settings, bucket, world.now);
    end_walk(env, *tables.rows.settings, world.now);
}

}  // namespace turnout::native
