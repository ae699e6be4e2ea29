// What the packet cases send, as captures for others to check: written when the tests end, into the
// folder that TURNOUT_CAPTURES names.
//
// Beside WORLD.pcap stands WORLD.txt, a line for each packet: the step that sent it.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>

#include "packet/capture.hpp"
#include "packet/view.hpp"

namespace turnout::test {

class Recording {
  public:
    ~Recording() {
        for (const auto& [world, sent] : worlds_) {
            const std::string name = std::string(folder_) + "/" + world;
            const Bytes pcap = to_pcap(sent.packets, LinkType::ip);
            std::ofstream(name + ".pcap", std::ios::binary)
                .write(reinterpret_cast<const char*>(pcap.data()), static_cast<long>(pcap.size()));
            std::ofstream(name + ".txt") << sent.steps;
        }
    }
    void add(const std::string& world, const std::string& step, const Bytes& frame) {
        if (!folder_) return;
        Sent& sent = worlds_[world];
        sent.packets.push_back({0, {frame.begin() + ethernet_size, frame.end()}});
        sent.steps += step + "\n";
    }

  private:
    struct Sent {
        Capture packets;
        std::string steps;
    };
    const char* folder_ = std::getenv("TURNOUT_CAPTURES");
    std::map<std::string, Sent> worlds_;
};

}  // namespace turnout::test
