#include "pack/pack.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"
#include "bundle/bundle.h"
#include "bundle_generated.h"
#include "pack/denials.h"

namespace ringfence::pack {
namespace {

namespace fb = bundle::fb;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<fb::Source> PackSource(FlatBufferBuilder& to,
                              const model::Source& source) {
  return fb::CreateSource(to, to.CreateString(source.file), source.line,
                          source.column);
}

Offset<fb::Address> PackAddress(FlatBufferBuilder& to,
                                const model::Address& address) {
  return fb::CreateAddress(to, address.ipv6, to.CreateString(address.host),
                           address.port);
}

Offset<fb::ViewEntry> PackEntry(FlatBufferBuilder& to,
                                const model::ViewEntry& entry) {
  const auto at = to.CreateString(entry.at);
  const auto host = to.CreateString(entry.host);
  const auto text = to.CreateString(entry.text);
  const auto source = PackSource(to, entry.source);
  return fb::CreateViewEntry(
      to, static_cast<uint8_t>(entry.kind), at, entry.rights.read,
      entry.rights.write, entry.rights.execute, host, text, entry.size,
      entry.mode, entry.create, entry.if_present, source);
}

Offset<fb::Landlock> PackLandlock(FlatBufferBuilder& to,
                                  const model::landlock::Ruleset& ruleset) {
  std::vector<Offset<fb::PathRule>> paths;
  for (const auto& rule : ruleset.paths) {
    paths.push_back(
        fb::CreatePathRule(to, to.CreateString(rule.path), rule.rights));
  }
  return fb::CreateLandlock(to, ruleset.fs, ruleset.net, ruleset.scopes,
                            ruleset.required_abi, to.CreateVector(paths));
}

Offset<fb::Filter> PackFilter(FlatBufferBuilder& to,
                              const bpf::Program& program) {
  std::vector<fb::Instruction> code;
  for (const bpf::Instruction& i : program.code()) {
    code.emplace_back(i.code, i.jt, i.jf, i.k);
  }
  return fb::CreateFilter(to, program.arch(), to.CreateVectorOfStructs(code));
}

Offset<fb::CgroupLimit> PackLimit(FlatBufferBuilder& to,
                                  const model::CgroupLimit& limit) {
  return fb::CreateCgroupLimit(to, limit.amount, limit.if_available);
}

Offset<fb::Listen> PackListen(FlatBufferBuilder& to,
                              const model::Listen& listen) {
  const auto bind = PackAddress(to, listen.bind);
  const auto target = PackAddress(to, listen.to);
  const auto source = PackSource(to, listen.source);
  return fb::CreateListen(to, bind, target,
                          static_cast<uint8_t>(listen.handover),
                          listen.proxy_protocol, source);
}

Offset<fb::ProfileFile> PackProfile(FlatBufferBuilder& to,
                                    const model::ProfileFile& profile) {
  const auto path = to.CreateString(profile.path);
  return fb::CreateProfileFile(to, path, to.CreateVector(profile.digest));
}

Offset<fb::FilterProof> PackProof(FlatBufferBuilder& to,
                                  const bundle::FilterProof& proof) {
  const auto source = to.CreateVector(proof.source.bytes, bundle::kDigestSize);
  return fb::CreateFilterProof(
      to, source, to.CreateVector(proof.program.bytes, bundle::kDigestSize));
}

template <typename From, typename Convert>
auto PackAll(FlatBufferBuilder& to, const std::vector<From>& from,
             Convert convert) {
  using To = decltype(convert(to, from.front()));
  std::vector<To> offsets;
  for (const From& value : from) offsets.push_back(convert(to, value));
  return to.CreateVector(offsets);
}

std::vector<uint8_t> WithHeader(std::span<const uint8_t> body) {
  const uint64_t length = body.size();
  const bundle::Digest digest = bundle::DigestOf(body);
  std::vector<uint8_t> bytes(bundle::kHeaderSize + body.size());
  std::memcpy(bytes.data(), bundle::kMagic, sizeof bundle::kMagic);
  std::memcpy(bytes.data() + 8, &length, sizeof length);
  std::memcpy(bytes.data() + 16, digest.bytes, sizeof digest.bytes);
  std::ranges::copy(body, bytes.begin() + bundle::kHeaderSize);
  return bytes;
}

}  // namespace

std::vector<uint8_t> Pack(const Artefacts& artefacts) {
  const model::Confinement& from = artefacts.confinement;
  Check(!artefacts.filters.empty() &&
            artefacts.filters.size() == from.seccomp.size(),
        "pack: one filter an architecture");
  Check(artefacts.proofs.size() == artefacts.filters.size(),
        "pack: one proof a filter");
  for (size_t i = 0; i < artefacts.filters.size(); ++i) {
    Check(artefacts.proofs[i].program ==
              bundle::DigestOf(artefacts.filters[i].program().code()),
          "pack: a proof of another filter");
  }
  FlatBufferBuilder to;
  const auto name = to.CreateString(from.name);
  const auto level = to.CreateString(from.level.name);
  const auto tenant = to.CreateString(from.level.tenant);
  const auto view = PackAll(to, artefacts.view, PackEntry);
  const auto landlock = PackLandlock(to, artefacts.landlock);
  const auto filters =
      PackAll(to, artefacts.filters,
              [](FlatBufferBuilder& b, const evaluate::Confirmed& filter) {
                return PackFilter(b, filter.program());
              });
  std::vector<fb::ResourceLimit> limits;
  for (const auto& limit : artefacts.resource_limits) {
    limits.emplace_back(limit.resource, limit.value);
  }
  const auto resource_limits = to.CreateVectorOfStructs(limits);
  const auto memory = PackLimit(to, from.limits.memory);
  const auto cpu = PackLimit(to, from.limits.cpu);
  const auto disk_read = PackLimit(to, from.limits.disk_read);
  const auto disk_write = PackLimit(to, from.limits.disk_write);
  const auto listen = PackAll(to, from.network.listen, PackListen);
  const auto command = to.CreateVectorOfStrings(from.command);
  const auto environment = to.CreateVectorOfStrings(from.environment);
  const auto directory = to.CreateString(from.working_directory);
  const auto profiles = PackAll(to, from.profiles, PackProfile);
  const auto proofs = PackAll(to, artefacts.proofs, PackProof);
  const PackedDenials denials = PackDenials(to, from.denials);

  fb::BundleBuilder bundle(to);
  bundle.add_format(bundle::kFormat);
  bundle.add_name(name);
  bundle.add_level(level);
  bundle.add_tenant(tenant);
  bundle.add_colocate(static_cast<uint8_t>(from.level.colocate));
  bundle.add_level_depth(from.level_depth);
  bundle.add_uid(from.user.uid.value);
  bundle.add_gid(from.user.gid.value);
  bundle.add_capabilities(artefacts.capabilities);
  bundle.add_view(view);
  bundle.add_landlock(landlock);
  bundle.add_filters(filters);
  bundle.add_resource_limits(resource_limits);
  bundle.add_memory(memory);
  bundle.add_cpu(cpu);
  bundle.add_disk_read(disk_read);
  bundle.add_disk_write(disk_write);
  bundle.add_time_ms(from.limits.time_ms);
  bundle.add_network_mode(static_cast<uint8_t>(from.network.mode));
  bundle.add_listen(listen);
  bundle.add_stop_signal(from.stop.signal);
  bundle.add_stop_grace_ms(from.stop.grace_ms);
  bundle.add_apparmor(from.mandatory_access.apparmor);
  bundle.add_selinux(from.mandatory_access.selinux);
  bundle.add_landlock_suffices(from.mandatory_access.landlock);
  bundle.add_command(command);
  bundle.add_environment(environment);
  bundle.add_working_directory(directory);
  bundle.add_profiles(profiles);
  bundle.add_files(denials.files);
  bundle.add_calls(denials.calls);
  bundle.add_words(denials.words);
  bundle.add_forms(denials.forms);
  bundle.add_remedies(denials.remedies);
  bundle.add_proofs(proofs);
  to.Finish(bundle.Finish());
  return WithHeader({to.GetBufferPointer(), to.GetSize()});
}

}  // namespace ringfence::pack
