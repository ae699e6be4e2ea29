#include "preload/proc_file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipvs/protocol.hpp"
#include "preload/director.hpp"
#include "preload/next.hpp"

namespace turnout::preload {
namespace {

// The name of one of our files that a path ends with; nullptr: it is none.
const char* file_name(const char* path) {
    const char* slash = strrchr(path, '/');
    const char* last = slash ? slash + 1 : path;
    for (const char* name : ipvs::proc_files)
        if (strcmp(last, name) == 0) return last;
    return nullptr;
}

bool is_same_file(const char* one, const char* other) {
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

// Is the folder that holds the file "/proc/PID/net" or "/proc/PID/task/TID/net", of a thread in
// this thread's network namespace?  /proc/net and /proc/self/net lead there.
bool is_own_proc_net(int folder, const char* path, const char* name) {
    char parent[PATH_MAX];
    const auto length = static_cast<size_t>(name - path);
    if (length >= sizeof parent) return false;
    memcpy(parent, path, length);
    parent[length] = 0;
    const int opened =
        next::openat(folder, length ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return false;
    char link[64], place[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", opened);
    const ssize_t size = readlink(link, place, sizeof place - 1);
    close(opened);
    if (size < 0) return false;
    place[size] = 0;
    char* net = strrchr(place, '/');
    if (strncmp(place, "/proc/", 6) != 0 || strcmp(net, "/net") != 0) return false;
    constexpr char own_namespace[] = "/ns/net";
    if (net + sizeof own_namespace > place + sizeof place) return false;
    memcpy(net, own_namespace, sizeof own_namespace);
    return is_same_file(place, "/proc/thread-self/ns/net");
}

struct Text {
    int file;
    bool whole;

    static void take(void* to, const uint8_t* bytes, size_t length) {
        auto& text = *static_cast<Text*>(to);
        while (length > 0 && text.whole) {
            const ssize_t written = write(text.file, bytes, length);
            text.whole = written > 0;
            if (!text.whole) return;
            bytes += written;
            length -= static_cast<size_t>(written);
        }
    }
};

bool fetch(int director, const char* name, Text& text) {
    struct {
        nlmsghdr header;
        char name[32];
    } request{};
    const size_t size = strlen(name) + 1;
    memcpy(request.name, name, size);
    const size_t length = sizeof request.header + size;
    request.header = {static_cast<uint32_t>(length), ipvs::text_message, NLM_F_REQUEST | NLM_F_DUMP,
                      1, 0};
    return ask(director, &request, length, ipvs::text_message, Text::take, &text) == 0 &&
           text.whole && lseek(text.file, 0, SEEK_SET) == 0;
}

}  // namespace

int open_proc_file(int folder, const char* path, int flags) {
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_PATH | O_DIRECTORY)) return -1;
    const char* name = path ? file_name(path) : nullptr;
    if (!name || !is_own_proc_net(folder, path, name)) return -1;
    const int director = connect_to_director(namespace_of_this_thread());
    if (director < 0) return -1;
    Text text{memfd_create(name, flags & O_CLOEXEC ? MFD_CLOEXEC : 0), true};
    const bool fetched = text.file >= 0 && fetch(director, name, text);
    close(director);
    if (fetched) return text.file;
    if (text.file >= 0) close(text.file);
    return -1;
}

}  // namespace turnout::preload
