// How the fuzzer changes captures: as captures, by packets, and mostly so that lengths and
// checksums are right again, for little is to be found behind a wrong one.
#include <algorithm>
#include <cstring>
#include <random>

#include "fuzz/play.hpp"
#include "packet/view.hpp"

// libFuzzer's own ways to change bytes, in place.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace turnout::fuzz {
namespace {

using test::Bytes, test::Capture, test::Captured, test::View;

constexpr size_t most_growth = 64;  // of a frame at once
constexpr uint32_t pauses_s[] = {0, 0, 1, 5, 15, 60, 120, 300, 900, 4000};

class Mutator {
  public:
    explicit Mutator(unsigned seed) : random_(seed) {}

    void change(Capture& capture) {
        if (capture.empty()) capture.push_back({0, Bytes(test::ethernet_size + 20)});
        Captured& one = any(capture);
        const auto place = capture.begin() + static_cast<long>(below(capture.size() + 1));
        switch (below(12)) {
            case 0:
                capture.insert(place, Captured(one));
                break;
            case 1:
                std::swap(one, any(capture));
                break;
            case 2:
                capture.erase(capture.begin() + (&one - capture.data()));
                break;
            case 3:
                one.seconds_before = pauses_s[below(std::size(pauses_s))];
                break;
            case 4:
                if (whole(one)) capture.insert(place, {0, report(one.frame)});
                break;
            case 5:
                if (whole(one)) cut(capture, one.frame);
                break;
            default:
                change_bytes(one.frame);
                if (below(4)) mend(one.frame);
        }
    }

    // Some packets of the one, then some of the other.
    Capture cross(const Capture& one, const Capture& other) {
        Capture made(one.begin(), one.begin() + static_cast<long>(below(one.size() + 1)));
        made.insert(made.end(), other.begin() + static_cast<long>(below(other.size() + 1)),
                    other.end());
        return made;
    }

  private:
    size_t below(size_t bound) { return random_() % bound; }
    Captured& any(Capture& capture) { return capture[below(capture.size())]; }
    static bool whole(const Captured& packet) {
        return packet.frame.size() > test::ethernet_size && View{packet.frame}.whole();
    }

    static void change_bytes(Bytes& frame) {
        const size_t size = frame.size();
        frame.resize(size + most_growth);
        frame.resize(LLVMFuzzerMutate(frame.data(), size, frame.size()));
    }

    static void mend(Bytes& frame) {
        constexpr size_t ip = test::ethernet_size;
        if (frame.size() < ip + 40) return;
        const bool ipv6 = frame[ip] >> 4 == 6;
        const size_t length = frame.size() - ip - (ipv6 ? 40 : 0);
        test::set16(frame, ip + (ipv6 ? 4 : 2), static_cast<uint16_t>(length));
        const View packet{frame};
        if (!packet.whole()) return;
        if (!ipv6) test::set_header_checksum(frame);
        if (packet.is_fragment()) return;
        const auto [protocol, transport] = packet.transport();
        if (protocol == test::udp_protocol) {
            test::set16(frame, transport + 4, static_cast<uint16_t>(packet.end() - transport));
            if (test::get16(frame, transport + 6) == 0) return;
        }
        test::set_transport_checksum(frame);
    }

    static model::Address address(const View& packet, size_t at) {
        model::Address made;
        made.family = packet.is_ipv6() ? model::Family::ipv6 : model::Family::ipv4;
        std::copy_n(packet.bytes.begin() + static_cast<long>(at), packet.address_size(),
                    made.bytes.begin());
        return made;
    }

    // An ICMP error about the packet, from where it went to.
    Bytes report(const Bytes& frame) {
        const View packet{frame};
        const model::Address source = address(packet, packet.addresses());
        const model::Address target = address(packet, packet.addresses() + packet.address_size());
        test::Icmp error{.type = 3, .code = 3, .quoted = 8 + below(300)};
        if (packet.is_ipv6()) error.type = 1, error.code = 4;
        if (below(2)) {  // too big
            if (packet.is_ipv6())
                error.type = 2, error.code = 0;
            else
                error.code = 4;
            error.parameter = 1280 + static_cast<uint32_t>(below(200));
        }
        return test::frame(test::Ip{target, source}, error, frame);
    }

    // In fragments, which stand where the packet stood.
    void cut(Capture& capture, const Bytes& frame) {
        const auto parts = test::fragments(Bytes(frame), 8 * (1 + below(100)));
        if (parts.size() > most_packets) return;
        const auto place = std::find_if(capture.begin(), capture.end(), [&](const Captured& each) {
            return &each.frame == &frame;
        });
        Capture made(capture.begin(), place);
        for (const Bytes& part : parts) made.push_back({0, part});
        made.insert(made.end(), place + 1, capture.end());
        capture = std::move(made);
    }

    std::minstd_rand random_;
};

// As a file of at most so many bytes: packets that do not fit are left out.
size_t put(Capture capture, uint8_t* data, size_t most) {
    Bytes bytes = test::to_pcap(capture);
    while (bytes.size() > most && !capture.empty()) {
        capture.pop_back();
        bytes = test::to_pcap(capture);
    }
    if (bytes.size() > most) return 0;
    std::memcpy(data, bytes.data(), bytes.size());
    return bytes.size();
}

Capture capture_of(const uint8_t* data, size_t size) {
    return playable(test::from_pcap({data, size}));
}

}  // namespace
}  // namespace turnout::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
    using namespace turnout::fuzz;
    Capture capture = capture_of(data, size);
    Mutator(seed).change(capture);
    return put(capture, data, most);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* one, size_t one_size,
                                            const uint8_t* other, size_t other_size, uint8_t* data,
                                            size_t most, unsigned seed) {
    using namespace turnout::fuzz;
    return put(Mutator(seed).cross(capture_of(one, one_size), capture_of(other, other_size)), data,
               most);
}
