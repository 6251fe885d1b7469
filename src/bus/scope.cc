#include "bus/scope.h"

#include <systemd/sd-bus.h>

#include <cstring>
#include <ctime>
#include <memory>

namespace ringfence::bus {
namespace {

constexpr char kManager[] = "org.freedesktop.systemd1";
constexpr char kPath[] = "/org/freedesktop/systemd1";
constexpr char kInterface[] = "org.freedesktop.systemd1.Manager";
// Of a machine under load; a manager answers in milliseconds.
constexpr uint64_t kPatienceUs = 20'000'000;

struct Close {
  void operator()(sd_bus* bus) const { ::sd_bus_flush_close_unref(bus); }
  void operator()(sd_bus_message* message) const {
    ::sd_bus_message_unref(message);
  }
};
using Bus = std::unique_ptr<sd_bus, Close>;
using Message = std::unique_ptr<sd_bus_message, Close>;

class Error {
 public:
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() { ::sd_bus_error_free(&error_); }
  sd_bus_error* get() { return &error_; }
  // `code`: what the call returned, a negative errno.
  std::string Text(int code) const {
    return error_.message != nullptr ? error_.message : std::strerror(-code);
  }

 private:
  sd_bus_error error_{};  // as SD_BUS_ERROR_NULL is
};

std::unexpected<std::string> Failed(const char* what, const std::string& why) {
  return std::unexpected(std::string(what) + ": " + why);
}
std::unexpected<std::string> Failed(const char* what, int code) {
  return Failed(what, std::strerror(-code));
}

std::expected<Bus, std::string> Connect(uid_t uid) {
  sd_bus* made = nullptr;
  int code = ::sd_bus_new(&made);
  Bus bus(made);
  const std::string address =
      "unix:path=/run/user/" + std::to_string(uid) + "/systemd/private";
  if (code >= 0) code = ::sd_bus_set_address(made, address.c_str());
  if (code >= 0) code = ::sd_bus_start(made);
  if (code < 0) {
    return Failed("the user's systemd manager does not answer", code);
  }
  return bus;
}

// The end of the one job that is waited for.
struct Job {
  std::string path;
  std::string result;
};

int NoteEnd(sd_bus_message* signal, void* data, sd_bus_error* /*error*/) {
  auto* job = static_cast<Job*>(data);
  uint32_t id = 0;
  const char* path = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (::sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result) >= 0 &&
      job->path == path) {
    job->result = result;
  }
  return 0;
}

uint64_t NowUs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<uint64_t>(now.tv_nsec) / 1000;
}

int Fill(sd_bus_message* call, const Scope& scope) {
  int code = ::sd_bus_message_append(call, "ss", scope.unit.c_str(), "fail");
  if (code >= 0) code = ::sd_bus_message_open_container(call, 'a', "(sv)");
  if (code >= 0) {
    code = ::sd_bus_message_append(
        call, "(sv)(sv)(sv)(sv)", "Description", "s", scope.description.c_str(),
        "Delegate", "b", 1, "CollectMode", "s", "inactive-or-failed", "PIDs",
        "au", 1, static_cast<uint32_t>(scope.pid));
  }
  if (code >= 0) code = ::sd_bus_message_close_container(call);
  if (code >= 0) code = ::sd_bus_message_append(call, "a(sa(sv))", 0);
  return code;
}

// Whether the manager made the unit of `pid` for it to divide. Its cgroup does
// not tell: only the system's manager marks what it delegates.
bool IsDelegated(sd_bus* bus, pid_t pid) {
  sd_bus_message* answered = nullptr;
  int code =
      ::sd_bus_call_method(bus, kManager, kPath, kInterface, "GetUnitByPID",
                           nullptr, &answered, "u", static_cast<uint32_t>(pid));
  const Message answer(answered);
  const char* unit = nullptr;
  if (code < 0 || ::sd_bus_message_read(answered, "o", &unit) < 0) return false;
  for (const char* kind :
       {"org.freedesktop.systemd1.Scope", "org.freedesktop.systemd1.Service"}) {
    int delegate = 0;
    code = ::sd_bus_get_property_trivial(bus, kManager, unit, kind, "Delegate",
                                         nullptr, 'b', &delegate);
    if (code >= 0) return delegate != 0;
  }
  return false;
}

}  // namespace

std::expected<void, std::string> MoveIntoScope(const Scope& scope) {
  auto bus = Connect(scope.uid);
  if (!bus) return std::unexpected(bus.error());
  if (scope.keep && IsDelegated(bus->get(), scope.pid)) return {};
  Job job;
  int code = ::sd_bus_match_signal(bus->get(), nullptr, nullptr, kPath,
                                   kInterface, "JobRemoved", NoteEnd, &job);
  if (code < 0) return Failed("sd_bus_match_signal", code);
  Error error;
  // It tells of the ends of jobs only those who asked to hear of them.
  code = ::sd_bus_call_method(bus->get(), kManager, kPath, kInterface,
                              "Subscribe", error.get(), nullptr, "");
  if (code < 0) return Failed("Subscribe", error.Text(code));

  sd_bus_message* made = nullptr;
  code = ::sd_bus_message_new_method_call(bus->get(), &made, kManager, kPath,
                                          kInterface, "StartTransientUnit");
  const Message call(made);
  if (code >= 0) code = Fill(made, scope);
  if (code < 0) return Failed("StartTransientUnit", code);
  sd_bus_message* answered = nullptr;
  code = ::sd_bus_call(bus->get(), made, kPatienceUs, error.get(), &answered);
  const Message answer(answered);
  if (code < 0) return Failed("StartTransientUnit", error.Text(code));
  const char* path = nullptr;
  code = ::sd_bus_message_read(answered, "o", &path);
  if (code < 0) return Failed("StartTransientUnit", code);
  job.path = path;

  const uint64_t until = NowUs() + kPatienceUs;
  while (job.result.empty()) {
    code = ::sd_bus_process(bus->get(), nullptr);
    if (code == 0) {
      const uint64_t now = NowUs();
      if (now >= until) {
        return Failed("the user's systemd manager", "no answer in time");
      }
      code = ::sd_bus_wait(bus->get(), until - now);
    }
    if (code < 0) return Failed("the user's systemd manager", code);
  }
  if (job.result != "done") return Failed("the scope was not made", job.result);
  return {};
}

}  // namespace ringfence::bus
