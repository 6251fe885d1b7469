// The socket of a service manager that waits for readiness (sd_notify(3)).
//
//   const ServiceManager manager(home_.path() + "/manager", user_);
//   ... {.environment = {{"NOTIFY_SOCKET", home_.path() + "/manager"}}} ...
//   EXPECT_EQ(manager.Next().text, "READY=1\n");
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/unique_fd.h"
#include "live/harness.h"

namespace ringfence::live {

class ServiceManager {
 public:
  // A path, or a name of the abstract namespace with '@' in front.
  ServiceManager(const std::string& name, const User& user)
      : socket_(
            ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::memcpy(address.sun_path, name.data(), name.size());
    size_t size = offsetof(sockaddr_un, sun_path) + name.size();
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
    } else {
      ++size;
    }
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address),
                     static_cast<socklen_t>(size)),
              0)
        << std::strerror(errno);
    if (name.front() != '@' && ::geteuid() == 0) {
      EXPECT_EQ(::chown(name.c_str(), user.uid, user.gid), 0);
    }
    const int on = 1;
    EXPECT_EQ(
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on),
        0);
  }

  struct Heard {
    std::string text;
    pid_t sender = 0;
    bool descriptor = false;
  };
  // The next datagram; an empty one after ten seconds, or at once with 0.
  Heard Next(int timeout_ms = 10'000) const {
    pollfd entry{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, timeout_ms) <= 0) return {};
    char text[4096];
    iovec data{text, sizeof text};
    alignas(cmsghdr) char control[256];
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
    if (size < 0) return {};
    Heard heard{.text = {text, static_cast<size_t>(size)}};
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr;
         each = CMSG_NXTHDR(&header, each)) {
      if (each->cmsg_type == SCM_CREDENTIALS) {
        ucred credentials{};
        std::memcpy(&credentials, CMSG_DATA(each), sizeof credentials);
        heard.sender = credentials.pid;
      } else if (each->cmsg_type == SCM_RIGHTS) {
        heard.descriptor = true;
      }
    }
    return heard;
  }

 private:
  UniqueFd socket_;
};

}  // namespace ringfence::live
