#include "host/container_state.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "sys/file.h"

namespace ringfence::host {
namespace {

constexpr size_t kLimit = size_t{8} << 20;

struct Listing {
  std::vector<std::string> names;
  int err = 0;
};

Listing List(const std::string& folder) {
  Listing listing;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()),
                                                 ::closedir);
  if (!open) return {{}, errno};
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") listing.names.push_back(name);
  }
  std::ranges::sort(listing.names);
  return listing;
}

// The first process as crun (status: pid), runc (state.json:
// init_process_pid) and containerd (init.pid) note it; 0: none of them.
pid_t FirstProcess(const std::string& folder) {
  const auto number = [](const std::string& text) {
    pid_t pid = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), pid);
    return pid;
  };
  for (const auto& [file, key] :
       {std::pair{"/status", "pid"},
        std::pair{"/state.json", "init_process_pid"}}) {
    const auto text = sys::ReadFile((folder + file).c_str(), kLimit);
    if (!text) continue;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (json.is_object() && json.contains(key) &&
        json[key].is_number_integer()) {
      return json[key].get<pid_t>();
    }
  }
  const auto text = sys::ReadFile((folder + "/init.pid").c_str(), kLimit);
  return text ? number(*text) : 0;
}

}  // namespace

std::vector<std::string> NamesIn(const std::string& folder) {
  return List(folder).names;
}

std::map<pid_t, std::string> ReadContainerStates(
    const std::string& run, std::vector<std::string>& limits) {
  struct Place {
    std::string runtime;
    std::string folder;
  };
  std::vector<Place> places = {
      {"crun", run + "/crun"},
      {"runc", run + "/runc"},
      {"docker", run + "/docker/runtime-runc/moby"},
  };
  for (const std::string& user : NamesIn(run + "/user")) {
    places.push_back({"crun", run + "/user/" + user + "/crun"});
    places.push_back({"runc", run + "/user/" + user + "/runc"});
  }
  for (const char* kept :
       {"/containerd/runc", "/containerd/io.containerd.runtime.v2.task"}) {
    for (const std::string& space : NamesIn(run + kept)) {
      places.push_back({space == "moby" ? "docker" : "containerd",
                        run + kept + "/" + space});
    }
  }
  std::map<pid_t, std::string> states;
  for (const auto& [runtime, folder] : places) {
    const Listing listing = List(folder);
    // Other users' places are closed to everybody; theirs are seen as
    // processes.
    if (listing.err == EACCES && !folder.starts_with(run + "/user/")) {
      limits.push_back(folder + " is closed to you: containers of " + runtime +
                       " have no names");
    }
    for (const std::string& id : listing.names) {
      const pid_t pid = FirstProcess(folder + "/" + id);
      const bool long_id =
          id.size() == 64 &&
          id.find_first_not_of("0123456789abcdef") == std::string::npos;
      if (pid > 0) {
        states.try_emplace(pid,
                           runtime + ":" + (long_id ? id.substr(0, 12) : id));
      }
    }
  }
  return states;
}

}  // namespace ringfence::host
