#include "cli/policies.h"

#include <chrono>
#include <filesystem>

#include "base/result.h"
#include "cli/install.h"
#include "cli/yaml_files.h"
#include "syntax/quantity.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::expected<std::string, std::string> PolicyFolder(
    const std::string& chosen) {
  if (!chosen.empty()) {
    RF_ASSIGN(const bool there, IsFolder(chosen));
    if (there) return chosen;
    return std::unexpected("there is no folder `" + chosen + "`");
  }
  std::vector<std::string> folders = DataFolders("policies");
  folders.insert(folders.begin(), "/etc/ringfence/policies");
  std::string closed;
  for (const std::string& folder : folders) {
    const auto there = IsFolder(folder);
    if (!there && closed.empty()) closed = there.error();
    if (!there.value_or(false)) continue;
    // What cannot be looked into comes first.
    if (!closed.empty()) return std::unexpected(closed);
    return folder;
  }
  return std::unexpected("no policies are installed: give --policy DIR");
}

std::expected<Policies, std::string> LoadPolicies(const std::string& folder,
                                                  const syntax::Date& today,
                                                  Build& build) {
  const auto found = FindYamlFiles({folder});
  if (!found) return std::unexpected(found.error());
  Policies policies;
  std::vector<syntax::Document> waivers;
  size_t gates = 0;
  for (const YamlFile& file : found->files) {
    auto document = build.ParseFile(file.path);
    if (!document) continue;
    if (std::holds_alternative<syntax::Waiver>(document->content)) {
      waivers.push_back(*std::move(document));
      continue;
    }
    ++gates;
    if (auto gate = build.Gate(*document)) {
      policies.gates.push_back(*std::move(gate));
    }
  }
  if (gates == 0 && !build.Failed()) {
    return std::unexpected("there is no gate below " + folder);
  }
  std::error_code error;
  const fs::path base = fs::canonical(folder, error).parent_path();
  const auto subject =
      [&](const std::string& path) -> std::optional<std::string> {
    std::error_code missing;
    const fs::path canonical = fs::canonical(base / path, missing);
    if (missing) return std::nullopt;
    return canonical.string();
  };
  policies.waivers = build.Waivers(waivers, policies.gates, subject, today);
  return policies;
}

std::string CanonicalPath(const std::string& path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  return error ? path : canonical.string();
}

std::optional<syntax::Date> DateOf(const std::string& text) {
  if (!text.empty()) {
    const auto date = syntax::ParseDate(text);
    if (!date) return std::nullopt;
    return *date;
  }
  using namespace std::chrono;
  const year_month_day now(floor<days>(system_clock::now()));
  return syntax::Date{static_cast<uint16_t>(static_cast<int>(now.year())),
                      static_cast<uint8_t>(static_cast<unsigned>(now.month())),
                      static_cast<uint8_t>(static_cast<unsigned>(now.day()))};
}

}  // namespace ringfence::cli
