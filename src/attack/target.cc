#include "attack/target.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace ringfence::attack {
namespace {

template <typename Address>
sockaddr* As(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

int Listen(int family, int type, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || ::bind(fd, address, size) != 0) return -1;
  if (type == SOCK_STREAM && ::listen(fd, 64) != 0) return -1;
  return fd;
}

int ListenOnLoopback(int type, uint16_t& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = Listen(AF_INET, type, As(address), sizeof address);
  socklen_t size = sizeof address;
  if (fd < 0 || ::getsockname(fd, As(address), &size) != 0) return -1;
  port = ntohs(address.sin_port);
  return fd;
}

int ListenOnUnix(const std::string& name, bool abstract) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() + 2 > sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path + (abstract ? 1 : 0), name.data(), name.size());
  return Listen(AF_UNIX, SOCK_STREAM, As(address),
                static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                       name.size() + 1));
}

// What open_by_handle_at(2) takes: the type and the handle.
std::string HandleOf(const std::string& path) {
  constexpr unsigned kMost = 128;
  alignas(file_handle) char bytes[sizeof(file_handle) + kMost];
  auto* const handle = reinterpret_cast<file_handle*>(bytes);
  handle->handle_bytes = kMost;
  int mount = 0;
  if (::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount, 0) != 0) {
    return "";
  }
  std::string hex;
  const auto add = [&](const void* from, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const unsigned char byte = static_cast<const unsigned char*>(from)[i];
      hex += kDigits[byte >> 4];
      hex += kDigits[byte & 15];
    }
  };
  add(&handle->handle_type, sizeof handle->handle_type);
  add(handle->f_handle, handle->handle_bytes);
  return hex;
}

class Outside {
 public:
  bool Make() {
    std::string folder = "/var/tmp/ringfence-target-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return false;
    target_.folder = folder;
    target_.pid = ::getpid();
    target_.secret = folder + "/secret";
    target_.socket = folder + "/socket";
    target_.fifo = folder + "/fifo";
    target_.abstract = "ringfence-target-" + std::to_string(target_.pid);
    target_.queue = "/ringfence-target-" + std::to_string(target_.pid);
    // For Yama: it is meant to be traced.
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    const int secret =
        ::open(target_.secret.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (::write(secret, "secret\n", 7) != 7 || ::chdir(folder.c_str()) != 0 ||
        ::mkfifo(target_.fifo.c_str(), 0600) != 0 ||
        ::open(target_.fifo.c_str(), O_RDWR | O_CLOEXEC) < 0) {
      return false;
    }
    target_.handle = HandleOf(target_.secret);
    unix_ = ListenOnUnix(target_.socket, false);
    abstract_ = ListenOnUnix(target_.abstract, true);
    tcp_ = ListenOnLoopback(SOCK_STREAM, target_.tcp);
    udp_ = ListenOnLoopback(SOCK_DGRAM, target_.udp);
    target_.memory = target_.messages = target_.semaphores =
        static_cast<int>(0x52460000 | (target_.pid & 0xFFFF));
    memory_ = ::shmget(target_.memory, 4096, IPC_CREAT | 0600);
    messages_ = ::msgget(target_.messages, IPC_CREAT | 0600);
    semaphores_ = ::semget(target_.semaphores, 1, IPC_CREAT | 0600);
    mq_attr attributes{};
    attributes.mq_maxmsg = 1;
    attributes.mq_msgsize = 8;
    queue_ = ::mq_open(target_.queue.c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
                       0600, &attributes);
    return unix_ >= 0 && abstract_ >= 0 && tcp_ >= 0 && udp_ >= 0 &&
           memory_ >= 0 && messages_ >= 0 && semaphores_ >= 0 && queue_ >= 0;
  }

  [[nodiscard]] std::string Text() const {
    const Target& t = target_;
    std::string text;
    const auto add = [&](const char* key, const std::string& value) {
      text += std::string(key) + "=" + value + "\n";
    };
    add("pid", std::to_string(t.pid));
    add("folder", t.folder);
    add("secret", t.secret);
    add("socket", t.socket);
    add("fifo", t.fifo);
    add("abstract", t.abstract);
    add("tcp", std::to_string(t.tcp));
    add("udp", std::to_string(t.udp));
    add("memory", std::to_string(t.memory));
    add("messages", std::to_string(t.messages));
    add("semaphores", std::to_string(t.semaphores));
    add("queue", t.queue);
    add("handle", t.handle);
    return text;
  }

  // Until standard input ends, or somebody asks for an end.
  void Serve() const {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      std::signal(signal, [](int) {});
    }
    while (true) {
      pollfd waits[] = {{STDIN_FILENO, POLLIN, 0},
                        {udp_, POLLIN, 0},
                        {tcp_, POLLIN, 0},
                        {unix_, POLLIN, 0},
                        {abstract_, POLLIN, 0}};
      if (::poll(waits, std::size(waits), -1) < 0) return;
      if (waits[0].revents != 0) return;
      if (waits[1].revents != 0) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        char byte = 0;
        if (::recvfrom(udp_, &byte, 1, 0, As(from), &size) >= 0) {
          (void)::sendto(udp_, &byte, 1, 0, As(from), size);
        }
      }
      for (size_t i = 2; i < std::size(waits); ++i) {
        if (waits[i].revents == 0) continue;
        ::close(::accept(waits[i].fd, nullptr, nullptr));
      }
    }
  }

  void Remove() const {
    ::unlink(target_.secret.c_str());
    ::unlink(target_.socket.c_str());
    ::unlink(target_.fifo.c_str());
    ::rmdir(target_.folder.c_str());
    if (memory_ >= 0) ::shmctl(memory_, IPC_RMID, nullptr);
    if (messages_ >= 0) ::msgctl(messages_, IPC_RMID, nullptr);
    if (semaphores_ >= 0) ::semctl(semaphores_, 0, IPC_RMID);
    ::mq_unlink(target_.queue.c_str());
  }

 private:
  Target target_;
  int unix_ = -1;
  int abstract_ = -1;
  int tcp_ = -1;
  int udp_ = -1;
  int memory_ = -1;
  int messages_ = -1;
  int semaphores_ = -1;
  mqd_t queue_ = -1;
};

template <typename Number>
bool Parse(std::string_view text, Number& to) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, to);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

int BeTarget() {
  Outside outside;
  const bool made = outside.Make();
  if (made) {
    const std::string text = outside.Text();
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
    // Whoever reads it waits for its end.
    ::close(STDOUT_FILENO);
    outside.Serve();
  }
  outside.Remove();
  return made ? 0 : 1;
}

std::optional<Target> ParseTarget(std::span<char*> lines) {
  Target to;
  for (const std::string_view line : lines) {
    const size_t equals = line.find('=');
    if (equals == line.npos) return std::nullopt;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    std::string* const text = key == "folder"     ? &to.folder
                              : key == "secret"   ? &to.secret
                              : key == "socket"   ? &to.socket
                              : key == "fifo"     ? &to.fifo
                              : key == "abstract" ? &to.abstract
                              : key == "queue"    ? &to.queue
                              : key == "handle"   ? &to.handle
                                                  : nullptr;
    const bool parsed = text != nullptr       ? (*text = value, true)
                        : key == "pid"        ? Parse(value, to.pid)
                        : key == "tcp"        ? Parse(value, to.tcp)
                        : key == "udp"        ? Parse(value, to.udp)
                        : key == "memory"     ? Parse(value, to.memory)
                        : key == "messages"   ? Parse(value, to.messages)
                        : key == "semaphores" ? Parse(value, to.semaphores)
                                              : false;
    if (!parsed) return std::nullopt;
  }
  return to;
}

}  // namespace ringfence::attack
