// The data plane in the kernel: loaded or adopted, pinned, attached to interfaces, removed.
//
// Everything is pinned below one directory per network namespace and tables version, so that it
// goes on without this process, and a later one finds it.  Programs are loaded anew by every
// daemon, over the tables that are there, and put in place of the old ones atomically; tables of
// another version are taken over (takeover.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kernel/interfaces.hpp"
#include "tables/rows.hpp"

namespace turnout::kernel {

// How large the tables are; they keep their size until the data plane is removed.
struct Sizes {
    uint32_t connection_bits = 18;  // 2^18 connections
    uint32_t services = 65536;
    uint32_t servers = 65536;
    uint32_t rings = 2048;  // of mh services; one of dh or sh takes a sixteenth
};

enum class XdpMode { automatic, native, generic, off };

// The lanes that serve an interface.
struct Lanes {
    std::string xdp;  // "native", "generic" or "off"
    bool tc = false;
};

class DataPlane {
  public:
    // Loads the programs, over the pinned tables if there are any, else over new ones in the given
    // sizes, which stay nameless until commit(): whoever comes before that begins anew.  Tables of
    // another version are taken over while packets go on.  Errors say what the kernel lacks, and
    // leave a data plane that forwards.  `mode`: how the fast lane is going to be attached; it
    // is not loaded for XdpMode::off.
    static Result<std::unique_ptr<DataPlane>> load(const std::string& pin_directory,
                                                   const Sizes& sizes,
                                                   XdpMode mode = XdpMode::automatic);
    ~DataPlane();

    // From here on a later daemon adopts the tables with what is in them.
    Status commit();
    // True when the tables were there already.
    bool adopted() const;
    // How many records found no room when tables of another version were taken over.
    uint32_t lost_records() const;
    // The sizes in force: the wanted ones, or those of the adopted tables.
    Sizes sizes() const;
    tables::Rows& rows();

    // Puts the lanes onto an interface, or the new programs in place of the old.  Idempotent.  An
    // interface that could not be served is left as it was.
    Result<Lanes> attach(const Interface& interface, XdpMode mode);
    // Takes the lanes off an interface, if there are any.
    void detach(uint32_t index);
    // Forgets an interface that has gone.
    void forget(uint32_t index);
    // A loaded program's descriptor, by its name in src/bpf: for test runs and benchmarks.
    int program(const char* name) const;
    // The same of a table, by its name in abi/maps.hpp.
    int table(const char* name) const;
    // Starts the sweeper, or points it to this daemon's program.
    Status start_sweeper();

  private:
    struct State;
    explicit DataPlane(std::unique_ptr<State> state);
    Status take_over(const std::string& other, std::string left);
    Result<Lanes> attach_lanes(const Interface& interface, XdpMode mode);
    std::unique_ptr<State> state_;
};

// What can be told and done about a data plane whether a daemon runs or not.
class PinnedDataPlane {
  public:
    // ENOENT when there is none.
    static Result<std::unique_ptr<PinnedDataPlane>> open(const std::string& pin_directory);
    ~PinnedDataPlane();

    tables::Rows& rows();
    // By abi::Drop.
    std::vector<uint64_t> drops() const;
    // The lanes on each served interface, by index.
    std::map<uint32_t, Lanes> lanes() const;

  private:
    struct State;
    explicit PinnedDataPlane(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Detaches every lane in this namespace and removes the pins: nothing of the data plane stays.
// False when there was none.
Result<bool> remove_data_plane(const std::string& pin_directory);

// Where the data plane of the namespace with this cookie is pinned.
std::string pin_directory(uint64_t cookie);

inline constexpr char bpffs[] = "/sys/fs/bpf";

}  // namespace turnout::kernel
