#include "packet/capture.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

namespace turnout::test {
namespace {

// In the writer's byte order, of which the magic number tells: ours.
struct FileHeader {
    uint32_t magic = 0xa1b2c3d4;
    uint16_t major = 2, minor = 4;
    uint32_t reserved[2] = {};
    uint32_t longest = 0xffff;
    uint32_t link = 0;
};
static_assert(sizeof(FileHeader) == 24);

struct RecordHeader {
    uint32_t seconds, fraction;
    uint32_t captured, length;
};
static_assert(sizeof(RecordHeader) == 16);

template <class Header>
void put(Bytes& bytes, const Header& header) {
    const auto* begin = reinterpret_cast<const uint8_t*>(&header);
    bytes.insert(bytes.end(), begin, begin + sizeof header);
}

}  // namespace

Bytes to_pcap(const Capture& capture, LinkType link) {
    Bytes bytes;
    put(bytes, FileHeader{.link = static_cast<uint32_t>(link)});
    uint32_t now = 0;
    for (const Captured& each : capture) {
        now += each.seconds_before;
        const auto length = static_cast<uint32_t>(each.frame.size());
        put(bytes, RecordHeader{now, 0, length, length});
        bytes.insert(bytes.end(), each.frame.begin(), each.frame.end());
    }
    return bytes;
}

Capture from_pcap(std::span<const uint8_t> bytes) {
    Capture capture;
    if (bytes.size() < sizeof(FileHeader)) return capture;
    bytes = bytes.subspan(sizeof(FileHeader));
    std::optional<uint32_t> before;
    while (bytes.size() > sizeof(RecordHeader)) {
        RecordHeader header;
        std::memcpy(&header, bytes.data(), sizeof header);
        bytes = bytes.subspan(sizeof header);
        const auto frame = bytes.first(std::min<size_t>(header.captured, bytes.size()));
        capture.push_back(
            {header.seconds - before.value_or(header.seconds), {frame.begin(), frame.end()}});
        bytes = bytes.subspan(frame.size());
        before = header.seconds;
    }
    return capture;
}

Result<Capture> read_capture(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno(errno, "cannot read " + path);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    return from_pcap(bytes);
}

}  // namespace turnout::test
