// The functions that this library stands before, as the next library has them: mostly the C
// library.
//
// Whatever the library itself wants of them it calls as next::sendmsg(…); functions that are not
// listed here are not stood before and are called by their names.
#pragma once

#include <dlfcn.h>
#include <stdio.h>
#include <sys/socket.h>

namespace turnout::preload {

template <class Function>
class Next {
  public:
    explicit constexpr Next(const char* name) : name_(name) {}

    template <class... Arguments>
    auto operator()(Arguments... arguments) {
        Function* function = __atomic_load_n(&function_, __ATOMIC_RELAXED);
        if (!function) {
            function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
            __atomic_store_n(&function_, function, __ATOMIC_RELAXED);
        }
        return function(arguments...);
    }

  private:
    const char* name_;
    Function* function_ = nullptr;
};

namespace next {

inline constinit Next<ssize_t(int, const msghdr*, int)> sendmsg{"sendmsg"};
inline constinit Next<ssize_t(int, msghdr*, int)> recvmsg{"recvmsg"};
inline constinit Next<ssize_t(int, const void*, size_t, int)> send{"send"};
inline constinit Next<ssize_t(int, void*, size_t, int)> recv{"recv"};
inline constinit Next<ssize_t(int, const void*, size_t, int, const sockaddr*, socklen_t)> sendto{
    "sendto"};
inline constinit Next<ssize_t(int, void*, size_t, int, sockaddr*, socklen_t*)> recvfrom{"recvfrom"};
inline constinit Next<int(int, int, int, void*, socklen_t*)> getsockopt{"getsockopt"};
inline constinit Next<int(int, int, int, const void*, socklen_t)> setsockopt{"setsockopt"};
inline constinit Next<int(int, sockaddr*, socklen_t*)> getsockname{"getsockname"};
inline constinit Next<int(int, sockaddr*, socklen_t*)> getpeername{"getpeername"};

inline constinit Next<FILE*(const char*, const char*)> fopen{"fopen"};
inline constinit Next<FILE*(const char*, const char*)> fopen64{"fopen64"};
inline constinit Next<int(const char*, int, ...)> open{"open"};
inline constinit Next<int(const char*, int, ...)> open64{"open64"};
inline constinit Next<int(int, const char*, int, ...)> openat{"openat"};
inline constinit Next<int(int, const char*, int, ...)> openat64{"openat64"};
// What a program compiled with _FORTIFY_SOURCE calls instead.
inline constinit Next<int(const char*, int)> open_2{"__open_2"};
inline constinit Next<int(const char*, int)> open64_2{"__open64_2"};
inline constinit Next<int(int, const char*, int)> openat_2{"__openat_2"};
inline constinit Next<int(int, const char*, int)> openat64_2{"__openat64_2"};

}  // namespace next
}  // namespace turnout::preload
