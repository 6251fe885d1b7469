#include "cli/workload_text.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return path;
  std::string normal = absolute.lexically_normal();
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

// The absolute path of `program`, as a shell finds it.
std::string OnPath(const std::string& program) {
  if (program.find('/') != std::string::npos) return Absolute(program);
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0) return Absolute(candidate);
  }
  // Where it would be looked for; the launcher says that it is not there.
  return "/usr/bin/" + program;
}

// [a-z][a-z0-9-]*, as short as a name has to be, different for each process.
std::string NameFrom(const std::string& program) {
  std::string name;
  for (const char c : fs::path(program).filename().string()) {
    const auto lower =
        static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool kept = (lower >= 'a' && lower <= 'z') ||
                      (!name.empty() && lower >= '0' && lower <= '9');
    if (kept) name += lower;
    if (name.size() == 40) break;
  }
  if (name.empty()) name = "command";
  return name + "-" + std::to_string(::getpid());
}

// HOST or HOST:INSIDE, where INSIDE is absolute.
json Binds(const std::vector<std::string>& binds) {
  json list = json::array();
  for (const std::string& bind : binds) {
    const size_t split = bind.rfind(":/");
    const bool named = split != std::string::npos && split != 0;
    const std::string host = Absolute(bind.substr(0, split));
    list.push_back(
        {{"host", host}, {"at", named ? bind.substr(split + 1) : host}});
  }
  return list;
}

}  // namespace

std::optional<std::string> WorkloadText(const CommandLineWorkload& workload) {
  json text = {{"kind", "Workload"}, {"trust", workload.trust}};
  const std::string program = OnPath(workload.program);
  text["name"] = workload.name.empty() ? NameFrom(program) : workload.name;
  text["command"] = json::array({program});
  if (!workload.tenant.empty()) text["tenant"] = workload.tenant;
  if (!workload.read.empty()) text["filesystem"]["read"] = Binds(workload.read);
  if (!workload.write.empty()) {
    text["filesystem"]["write"] = Binds(workload.write);
  }
  if (!workload.listen.empty()) {
    json listen = json::array();
    for (const std::string& bind : workload.listen) {
      listen.push_back({{"bind", bind}});
    }
    text["network"] = {{"mode", "listen"}, {"listen", listen}};
  }
  if (!workload.time_limit.empty()) text["time_limit"] = workload.time_limit;
  try {
    return text.dump(2) + "\n";
  } catch (const json::type_error&) {
    return std::nullopt;
  }
}

}  // namespace ringfence::cli
