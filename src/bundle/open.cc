#include <sodium.h>

#include <cstring>
#include <utility>

#include "base/result.h"
#include "bundle/bundle.h"
#include "bundle/denials.h"
#include "bundle/wellformed.h"
#include "bundle_generated.h"

namespace ringfence::bundle {
namespace {

template <typename T>
using Vector = flatbuffers::Vector<flatbuffers::Offset<T>>;

std::vector<std::string> Strings(const Vector<flatbuffers::String>& from) {
  std::vector<std::string> to;
  to.reserve(from.size());
  for (const auto* text : from) to.push_back(text->str());
  return to;
}

model::Source SourceOf(const fb::Source& from) {
  return {from.file()->str(), from.line(), from.column()};
}

model::Address AddressOf(const fb::Address& from) {
  return {from.ipv6(), from.host()->str(), from.port()};
}

model::ViewEntry EntryOf(const fb::ViewEntry& from) {
  return {.kind = static_cast<model::ViewEntry::Kind>(from.kind()),
          .at = from.at()->str(),
          .rights = {from.read(), from.write(), from.execute()},
          .host = from.host()->str(),
          .text = from.text()->str(),
          .size = from.size(),
          .mode = from.mode(),
          .create = from.create(),
          .if_present = from.if_present(),
          .source = SourceOf(*from.source())};
}

model::landlock::Ruleset RulesetOf(const fb::Landlock& from) {
  model::landlock::Ruleset to{.fs = from.fs(),
                              .net = from.net(),
                              .scopes = from.scopes(),
                              .required_abi = from.required_abi(),
                              .paths = {}};
  for (const auto* rule : *from.paths()) {
    to.paths.push_back({rule->path()->str(), rule->rights()});
  }
  return to;
}

std::expected<std::vector<bpf::Program>, Unusable> FiltersOf(
    const Vector<fb::Filter>& from) {
  std::vector<bpf::Program> to;
  for (const auto* filter : from) {
    std::vector<bpf::Instruction> code;
    code.reserve(filter->code()->size());
    for (const auto* i : *filter->code()) {
      code.push_back({i->code(), i->jt(), i->jf(), i->k()});
    }
    auto program =
        bpf::Program::FromInstructions(std::move(code), filter->arch());
    if (!program) {
      return std::unexpected(
          Unusable{std::string("its system call filter is malformed: ") +
                   program.error().why});
    }
    to.push_back(*std::move(program));
  }
  return to;
}

std::vector<model::ProfileFile> ProfilesOf(
    const Vector<fb::ProfileFile>& from) {
  std::vector<model::ProfileFile> to;
  for (const auto* file : from) {
    to.push_back({file->path()->str(),
                  {file->digest()->begin(), file->digest()->end()}});
  }
  return to;
}

model::CgroupLimit LimitOf(const fb::CgroupLimit& from) {
  return {from.amount(), from.if_available()};
}

std::expected<Bundle, Unusable> Read(const fb::Bundle& from) {
  Bundle to;
  to.name = from.name()->str();
  to.level = {from.level()->str(), from.tenant()->str(),
              static_cast<model::Colocate>(from.colocate())};
  to.level_depth = from.level_depth();
  to.user = {model::NsUid{from.uid()}, model::NsGid{from.gid()}};
  to.capabilities = from.capabilities();
  for (const auto* entry : *from.view()) to.view.push_back(EntryOf(*entry));
  to.landlock = RulesetOf(*from.landlock());
  RF_ASSIGN(to.filters, FiltersOf(*from.filters()));
  for (const auto* limit : *from.resource_limits()) {
    to.resource_limits.push_back({limit->resource(), limit->value()});
  }
  to.memory = LimitOf(*from.memory());
  to.cpu = LimitOf(*from.cpu());
  to.disk_read = LimitOf(*from.disk_read());
  to.disk_write = LimitOf(*from.disk_write());
  to.time_ms = from.time_ms();
  to.network.mode = static_cast<model::NetworkMode>(from.network_mode());
  for (const auto* listen : *from.listen()) {
    to.network.listen.push_back(
        {.bind = AddressOf(*listen->bind()),
         .to = AddressOf(*listen->to()),
         .handover = static_cast<model::Handover>(listen->handover()),
         .proxy_protocol = listen->proxy_protocol(),
         .source = SourceOf(*listen->source())});
  }
  to.stop = {from.stop_signal(), from.stop_grace_ms()};
  to.mandatory_access = {from.apparmor(), from.selinux(),
                         from.landlock_suffices()};
  to.command = Strings(*from.command());
  to.environment = Strings(*from.environment());
  to.working_directory = from.working_directory()->str();
  to.profiles = ProfilesOf(*from.profiles());
  RF_ASSIGN(to.denials, ReadDenials(from));
  return to;
}

// One proof for each filter, about exactly its instructions. Whether it was
// really made, only a proof can tell: the launcher trusts who made the bundle
// for that as for everything else in it.
std::expected<std::vector<FilterProof>, Unusable> ProofsOf(
    const Vector<fb::FilterProof>* from,
    const std::vector<bpf::Program>& filters) {
  if (from == nullptr || from->size() != filters.size()) {
    return std::unexpected(Unusable{
        "it does not say that its system call filters were proved; compile it "
        "again"});
  }
  std::vector<FilterProof> to;
  for (const auto* proof : *from) {
    FilterProof read;
    if (proof->source()->size() != kDigestSize ||
        proof->program()->size() != kDigestSize) {
      return std::unexpected(Unusable{"it holds a bad proof"});
    }
    std::memcpy(read.source.bytes, proof->source()->data(), kDigestSize);
    std::memcpy(read.program.bytes, proof->program()->data(), kDigestSize);
    if (read.program != DigestOf(filters[to.size()].code())) {
      return std::unexpected(
          Unusable{"its proof is about another system call filter"});
    }
    to.push_back(read);
  }
  return to;
}

}  // namespace

Digest DigestOf(std::span<const bpf::Instruction> code) {
  static_assert(sizeof(bpf::Instruction) == 8);
  return DigestOf(std::span(reinterpret_cast<const uint8_t*>(code.data()),
                            code.size_bytes()));
}

Digest DigestOf(std::span<const uint8_t> bytes) {
  Digest digest;
  crypto_generichash(digest.bytes, sizeof digest.bytes, bytes.data(),
                     bytes.size(), nullptr, 0);
  return digest;
}

std::expected<Bundle, Unusable> Open(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeaderSize ||
      std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) {
    return std::unexpected(Unusable{"it is not a Ringfence bundle"});
  }
  uint64_t length = 0;
  std::memcpy(&length, bytes.data() + sizeof kMagic, sizeof length);
  // A copy, because FlatBuffers reads in place and wants its alignment.
  const std::vector<uint8_t> body(bytes.begin() + kHeaderSize, bytes.end());
  if (bytes.size() > kMaxSize || length != body.size()) {
    return std::unexpected(Unusable{"its length is not what its header says"});
  }
  if (std::memcmp(DigestOf(body).bytes, bytes.data() + 16, kDigestSize) != 0) {
    return std::unexpected(
        Unusable{"its digest does not match: it was changed or cut short"});
  }
  flatbuffers::Verifier verifier(body.data(), body.size());
  if (!fb::VerifyBundleBuffer(verifier)) {
    return std::unexpected(Unusable{"its structure is damaged"});
  }
  const fb::Bundle& root = *fb::GetBundle(body.data());
  if (root.format() != kFormat) {
    return std::unexpected(
        Unusable{"it is of another format; compile it again"});
  }
  // The verifier asks where a vector's length lies, and not where its structs
  // do: those of more than four bytes' alignment are asked for here.
  const auto& limits = *root.resource_limits();
  if (limits.size() != 0 &&
      reinterpret_cast<uintptr_t>(limits.Data()) % alignof(fb::ResourceLimit) !=
          0) {
    return std::unexpected(Unusable{"its structure is damaged"});
  }
  RF_ASSIGN(Bundle bundle, Read(root));
  RF_ASSIGN(bundle.proofs, ProofsOf(root.proofs(), bundle.filters));
  RF_TRY(CheckWellFormed(bundle));
  return bundle;
}

}  // namespace ringfence::bundle
