#include "certify/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "sys/file.h"

namespace ringfence::certify {
namespace {

// What was proved, and how: another prover proves again.
constexpr char kStatement[] = "ringfence: filter equals source, 1\n";
constexpr size_t kMaxEntry = 4096;

std::string Hex(const bundle::Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : digest.bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Content(const bundle::FilterProof& claim) {
  return kStatement + Hex(claim.source) + "\n" + Hex(claim.program) + "\n";
}

// One name a claim, short enough for any file system.
std::string NameOf(const bundle::FilterProof& claim) {
  const std::string content = Content(claim);
  return Hex(bundle::DigestOf(
      {reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
}

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

}  // namespace

std::optional<Store> Store::Open(const std::string& folder) {
  if (folder.empty() || folder.front() != '/') return std::nullopt;
  std::vector<std::string> missing = {folder};
  while (missing.size() < 3) {
    const std::string& below = missing.back();
    missing.push_back(below.substr(0, below.rfind('/')));
  }
  for (const std::string& path : std::views::reverse(missing)) {
    (void)sys::Mkdirat(AT_FDCWD, path.c_str(), 0700);
  }
  auto opened = sys::Open(folder.c_str(), kFolderFlags);
  if (!opened) return std::nullopt;
  const auto found = sys::Fstat(opened->get());
  if (!found || found->st_uid != ::geteuid() || (found->st_mode & 022) != 0) {
    return std::nullopt;
  }
  return Store(*std::move(opened));
}

bool Store::Has(const bundle::FilterProof& claim) const {
  const auto file = sys::OpenAt(folder_.get(), NameOf(claim).c_str(),
                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return false;
  const auto content = sys::ReadAll(file->get(), kMaxEntry);
  return content && *content == Content(claim);
}

void Store::Add(const bundle::FilterProof& claim) const {
  // Complete before it has its name, so no half entry is ever seen. Not by
  // O_TMPFILE: NFS has none, nor has overlayfs before Linux 6.3.
  const std::string name = NameOf(claim);
  const std::string unfinished = name + "." + std::to_string(::getpid());
  const auto file = sys::OpenAt(folder_.get(), unfinished.c_str(),
                                O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!file) return;
  if (!sys::WriteAll(file->get(), Content(claim)) ||
      !sys::Renameat(folder_.get(), unfinished.c_str(), name.c_str())) {
    (void)sys::Unlinkat(folder_.get(), unfinished.c_str(), 0);
  }
}

}  // namespace ringfence::certify
