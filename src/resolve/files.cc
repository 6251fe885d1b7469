#include "resolve/files.h"

#include <sodium.h>

#include <array>

#include "base/check.h"
#include "resolve/names.h"
#include "syntax/parse.h"
#include "syntax/suggest.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;

// BLAKE2b-256 without a key.
std::vector<uint8_t> Digest(std::string_view text) {
  Check(sodium_init() >= 0, "resolve: libsodium does not start");
  std::vector<uint8_t> digest(32);
  // SAFETY: any object may be read as unsigned char.
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return digest;
}

// The shipped level that a misspelt name probably means, if it can be found.
std::string SuggestLevel(const FindFile& find, std::string_view name) {
  static constexpr std::array<std::string_view, 4> kShipped{
      "critical", "internal", "public", "untrusted"};
  const std::string nearest = syntax::Nearest(name, kShipped);
  if (nearest.empty() || !find(FileKind::kTrustLevel, nearest)) return "";
  return "did you mean `" + nearest + "`?";
}

}  // namespace

const syntax::Document* Files::Load(FileKind kind, std::string_view name,
                                    const syntax::Span& span) {
  const std::pair key{kind, std::string(name)};
  if (const auto known = read_.documents.find(key);
      known != read_.documents.end()) {
    return known->second.get();
  }
  const bool is_level = kind == FileKind::kTrustLevel;
  std::optional<FoundFile> found = find_(kind, name);
  if (!found) {
    std::string help = is_level ? SuggestLevel(find_, name) : "";
    if (help.empty()) {
      help = is_level ? "a level is the file " + std::string(name) +
                            ".yaml in a profile directory"
                      : "a group is the file groups/" + std::string(name) +
                            ".yaml beside the profiles";
    }
    diagnostics_.Add(
        {is_level ? Code::kUnknownLevel : Code::kUnknownGroup,
         is_level ? "unknown trust level " + Quote(name)
                  : "unknown syscall group " + Quote("@" + std::string(name)),
         span,
         "no such file",
         {},
         std::move(help)});
    return nullptr;
  }
  read_.digests[found->path] = Digest(found->text);
  std::shared_ptr<const syntax::Document>& document = read_.documents[key];
  document = std::move(found->document);
  if (!document) {
    auto parsed = syntax::Parse(found->text, found->path, diagnostics_);
    if (!parsed) return nullptr;
    document = std::make_shared<const syntax::Document>(*std::move(parsed));
  }

  const auto* level = std::get_if<syntax::TrustLevel>(&document->content);
  const auto* group = std::get_if<syntax::SyscallGroup>(&document->content);
  if (is_level ? level == nullptr : group == nullptr) {
    diagnostics_.Add({Code::kWrongKindOfFile,
                      "the file of " + Quote(name) + " is not a " +
                          (is_level ? "TrustLevel" : "SyscallGroup"),
                      document->kind,
                      "",
                      {{"needed here", span}},
                      ""});
    document.reset();
    return nullptr;
  }
  const syntax::Text& inside = is_level ? level->name : group->name;
  if (inside.value != name) {
    diagnostics_.Add({Code::kNameDiffersFromFile,
                      "the file of " + Quote(name) + " is named " +
                          Quote(inside.value) + " inside",
                      inside.span,
                      "",
                      {{"looked up here", span}},
                      "rename the file or the " +
                          std::string(is_level ? "level" : "group")});
    document.reset();
    return nullptr;
  }
  return document.get();
}

const syntax::TrustLevel* Files::Level(std::string_view name,
                                       const syntax::Span& span) {
  const syntax::Document* document = Load(FileKind::kTrustLevel, name, span);
  return document ? std::get_if<syntax::TrustLevel>(&document->content)
                  : nullptr;
}

const syntax::SyscallGroup* Files::Group(std::string_view name,
                                         const syntax::Span& span) {
  const syntax::Document* document = Load(FileKind::kSyscallGroup, name, span);
  return document ? std::get_if<syntax::SyscallGroup>(&document->content)
                  : nullptr;
}

void Files::Remember(const syntax::Document& document) {
  read_.digests[document.file] = Digest(document.text);
}

std::vector<model::ProfileFile> Files::Profiles() const {
  std::vector<model::ProfileFile> out;
  for (const auto& [path, digest] : read_.digests)
    out.push_back({path, digest});
  return out;
}

}  // namespace ringfence::resolve
