#include "cli/output_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <span>

#include "base/hex.h"
#include "cli/call_text.h"
#include "launch/refusal.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

bundle::Digest DigestOf(std::string_view bytes) {
  return bundle::DigestOf(
      std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

Result<void> Write(const std::string& path, std::string_view bytes) {
  RF_ASSIGN(const UniqueFd file,
            sys::Open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644));
  return sys::WriteAll(file.get(), bytes);
}

}  // namespace

void OutputFolder::Add(const std::string& name, std::string_view bytes) {
  manifest_[name] = {{"bytes", bytes.size()},
                     {"blake2b-256", Hex(DigestOf(bytes).bytes)}};
  files_.emplace_back(name, bytes);
}

void OutputFolder::AddProof(const std::string& file, uint32_t arch,
                            const bundle::FilterProof& proof) {
  proofs_.push_back({{"claim", "the filter equals its source"},
                     {"file", file},
                     {"architecture", ArchName(arch)},
                     {"program", Hex(proof.program.bytes)},
                     {"source", Hex(proof.source.bytes)}});
}

bool OutputFolder::Finish(const std::string& name,
                          const std::vector<model::ProfileFile>& profiles) {
  nlohmann::json sources = nlohmann::json::array();
  for (const model::ProfileFile& profile : profiles) {
    sources.push_back(std::filesystem::path(profile.path).filename().string());
  }
  const nlohmann::json manifest = {{"name", name},
                                   {"files", manifest_},
                                   {"profiles", sources},
                                   {"proved", proofs_}};
  files_.emplace_back("manifest.json", manifest.dump(2) + "\n");

  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  // Of this process alone: another one may write the same files.
  const std::string suffix = "." + std::to_string(::getpid()) + ".new";
  Result<void> done;
  std::string at;
  for (const auto& [file, bytes] : files_) {
    at = folder_ + "/" + file;
    done = Write(at + suffix, bytes);
    if (!done) break;
  }
  for (const auto& [file, bytes] : files_) {
    if (!done) break;
    at = folder_ + "/" + file;
    done = sys::Renameat(AT_FDCWD, (at + suffix).c_str(), at.c_str());
  }
  if (done) return true;
  for (const auto& [file, bytes] : files_) {
    (void)::unlink((folder_ + "/" + file + suffix).c_str());
  }
  std::fprintf(stderr, "error: cannot write %s: %s\n", at.c_str(),
               launch::Describe(done.error()).c_str());
  return false;
}

}  // namespace ringfence::cli
