// A relay in a child process, and both ends of the connections through it.
//
//   RelayProcess relay;
//   Pair pair = relay.Open();
//   SendAll(pair.client, "ping");
//   EXPECT_EQ(ReceiveExactly(pair.service, 4), "ping");
//
// The test is client and service at once, and everything is in one network
// namespace.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "relay/relay.h"
#include "sockets.h"
#include "sys/channel.h"
#include "sys/signal.h"

namespace ringfence::relay::testing {

struct RouteOptions {
  int family = AF_INET;
  bool proxy_protocol = false;
};

struct RelayOptions {
  std::vector<RouteOptions> routes = {RouteOptions{}};
  size_t max_connections = 100;
  int connect_retries = 1;
  // RLIMIT_NOFILE of the relay; 0: as this process.
  size_t open_files = 0;
};

struct Pair {
  UniqueFd client;
  UniqueFd service;
};

class RelayProcess {
 public:
  explicit RelayProcess(const RelayOptions& options = {}) {
    for (const RouteOptions& route : options.routes) {
      UniqueFd outside = ListenOn(Loopback(route.family, 0));
      UniqueFd service = ListenOn(Loopback(route.family, 0));
      const auto bound = *sys::LocalAddress(outside.get());
      const auto target = *sys::LocalAddress(service.get());
      routes_.push_back(
          {std::move(outside), std::move(service), bound, target});
    }
    auto alive = *sys::MakePipe();
    auto ready = *sys::MakePipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      Child(options, alive.read.get(), ready.write.get());
    }
    alive_ = std::move(alive.write);
    ready.write.reset();
    char byte = 0;
    EXPECT_EQ(::read(ready.read.get(), &byte, 1), 1) << "the relay failed";
    // To its end, or that descriptor of the relay would be counted, too.
    EXPECT_EQ(::read(ready.read.get(), &byte, 1), 0);
    descriptors_at_start_ = OpenDescriptors();
  }
  RelayProcess(const RelayProcess&) = delete;
  RelayProcess& operator=(const RelayProcess&) = delete;
  ~RelayProcess() {
    if (pid_ > 0) {
      EXPECT_EQ(EndByAlive(), 0);
    }
  }

  // A client's connection, as far as the kernel's queue.
  UniqueFd Connect(size_t route = 0) { return ConnectTo(routes_[route].bound); }
  // The next connection that the relay makes to the service.
  UniqueFd AcceptAtService(size_t route = 0) {
    return AcceptFrom(routes_[route].service);
  }
  // A connection through the relay. One after the other, since the service's
  // queue does not say whose connection it is.
  Pair Open(size_t route = 0) {
    UniqueFd client = Connect(route);
    return {std::move(client), AcceptAtService(route)};
  }

  void StopService() { routes_[0].service.reset(); }
  void StartService() { routes_[0].service = ListenOn(routes_[0].target); }
  // Nothing more is accepted by the service, and its queue is as good as full.
  void ShrinkServiceQueue() {
    EXPECT_TRUE(sys::Listen(routes_[0].service.get(), 0));
  }

  [[nodiscard]] const sys::SocketAddress& bound() const {
    return routes_[0].bound;
  }
  [[nodiscard]] const sys::SocketAddress& target() const {
    return routes_[0].target;
  }

  // Both give the status as of waitpid(2).
  int EndByAlive() {
    alive_.reset();
    return Wait();
  }
  int EndBySignal(int signal) {
    ::kill(pid_, signal);
    return Wait();
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] size_t OpenDescriptors() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(Proc("fd"))) {
      ++count;
    }
    return count;
  }
  // True as soon as the relay has as many descriptors as at its start.
  [[nodiscard]] bool ForgetsItsConnections() const {
    return Eventually(
        [this] { return OpenDescriptors() == descriptors_at_start_; });
  }
  // True when the relay waits: while half a second passes, it is given less
  // than a tenth of it. A loaded machine cannot make an idle process busy.
  [[nodiscard]] bool IsIdle() const {
    const uint64_t before = Ticks();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const auto per_second = static_cast<uint64_t>(::sysconf(_SC_CLK_TCK));
    return Ticks() - before < per_second / 20;
  }

 private:
  struct Endpoints {
    UniqueFd outside;  // the relay's listener
    UniqueFd service;
    sys::SocketAddress bound;
    sys::SocketAddress target;
  };

  [[noreturn]] void Child(const RelayOptions& options, int alive, int ready) {
    if (options.open_files != 0) {
      const rlimit limit{options.open_files, options.open_files};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    std::vector<Route> routes;
    for (size_t i = 0; i < routes_.size(); ++i) {
      routes.push_back({routes_[i].outside.get(), routes_[i].target,
                        options.routes[i].proxy_protocol});
      // The service's end is the test's alone, or it could not be stopped.
      routes_[i].service.reset();
    }
    // Likewise the writing end of `alive`, which is inherited and nameless
    // here: everything but what the relay needs goes.
    CloseAllBut(alive, ready);
    if (!sys::BlockSignals()) ::_exit(3);
    const auto signals = sys::SignalQueue();
    if (!signals) ::_exit(4);
    auto relay = Relay::Create({.routes = routes,
                                .alive = alive,
                                .signals = signals->get(),
                                .max_connections = options.max_connections,
                                .connect_retries = options.connect_retries});
    if (!relay) ::_exit(5);
    if (::write(ready, "R", 1) != 1) ::_exit(6);
    ::close(ready);
    ::_exit(relay->Serve() ? 0 : 7);
  }

  void CloseAllBut(int alive, int ready) const {
    for (int fd = 3; fd < 65536; ++fd) {
      bool kept = fd == alive || fd == ready;
      for (const Endpoints& route : routes_) {
        kept = kept || fd == route.outside.get();
      }
      if (!kept) ::close(fd);
    }
  }

  [[nodiscard]] std::string Proc(const char* name) const {
    return "/proc/" + std::to_string(pid_) + "/" + name;
  }

  // User and system time, fields 14 and 15 of /proc/PID/stat.
  [[nodiscard]] uint64_t Ticks() const {
    std::ifstream file(Proc("stat"));
    std::string word;
    for (int field = 1; field <= 13; ++field) file >> word;
    uint64_t user = 0;
    uint64_t system = 0;
    file >> user >> system;
    EXPECT_TRUE(file) << "no processor time in " << Proc("stat");
    return user + system;
  }

  int Wait() {
    int status = 0;
    EXPECT_TRUE(Eventually([&] {
      return ::waitpid(pid_, &status, WNOHANG) == pid_;
    })) << "the relay does not end";
    pid_ = -1;
    return status;
  }

  std::vector<Endpoints> routes_;
  UniqueFd alive_;
  pid_t pid_ = -1;
  size_t descriptors_at_start_ = 0;
};

}  // namespace ringfence::relay::testing
