// A complete workload, small enough to read, for the tests of bundle, pack and
// launch.
#pragma once

#include <vector>

#include "certify/obligation.h"
#include "compile/landlock.h"
#include "compile/limits.h"
#include "compile/mounts.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "model/confinement.h"
#include "pack/pack.h"

namespace ringfence {

inline model::Confinement SampleConfinement() {
  using Kind = model::ViewEntry::Kind;
  model::Confinement sample;
  sample.name = "sample";
  sample.level = {"public", "shop", model::Colocate::kSameTenant};
  sample.level_depth = 2;
  sample.user = {model::NsUid{1000}, model::NsGid{1001}};
  sample.view = {
      {.kind = Kind::kBind,
       .at = "/usr",
       .rights = {.read = true, .execute = true},
       .host = "/usr"},
      {.kind = Kind::kSymlink, .at = "/bin", .text = "usr/bin"},
      {.kind = Kind::kProc, .at = "/proc"},
      {.kind = Kind::kDev, .at = "/dev"},
      {.kind = Kind::kScratch,
       .at = "/dev/shm",
       .rights = {.read = true, .write = true},
       .size = 1 << 20,
       .mode = 01777},
      {.kind = Kind::kFile,
       .at = "/etc/passwd",
       .text = "u:x:1000:1001::/:/\n",
       .mode = 0444},
      {.kind = Kind::kBind,
       .at = "/srv/data",
       .rights = {.read = true, .write = true},
       .host = "./data",
       .mode = 0700,
       .create = true,
       .source = {"sample.yaml", 7, 3}},
  };
  sample.network = {.mode = model::NetworkMode::kListen,
                    .listen = {{.bind = {false, "127.0.0.1", 8080},
                                .to = {false, "127.0.0.1", 80},
                                .handover = model::Handover::kRelay,
                                .proxy_protocol = true,
                                .source = {"sample.yaml", 9, 5}}}};
  sample.limits = {.processes = 64,
                   .open_files = 256,
                   .memory = {1 << 30, true},
                   .cpu = {1500, true},
                   .disk_read = {5 << 20, true},
                   .disk_write = {3 << 20, false},
                   .time_ms = 60'000};
  sample.stop = {.signal = 2, .grace_ms = 30'000};
  sample.mandatory_access = {.landlock = true};
  sample.seccomp = {{.arch = model::kArchX86_64,
                     .calls = {{.number = 0,
                                .name = "read",
                                .otherwise = model::kAllowed,
                                .source = {}},
                               {.number = 41,
                                .name = "socket",
                                .otherwise = {model::Action::kExplain, 1},
                                .source = {"public.yaml", 31, 9}}},
                     .unlisted = {model::Action::kQuiet, 38}}};
  using Test = model::RuleTest;
  sample.denials = {
      .files = {"public.yaml", "critical.yaml"},
      .words = {{{.value = 1, .name = "AF_UNIX"},
                 {.value = 2, .name = "AF_INET"}},
                {{0xF, 1, "SOCK_STREAM"}, {0x800, 0x800, "SOCK_NONBLOCK"}}},
      .forms = {{{.name = "family", .position = 0, .bits = 32, .words = 0},
                 {.name = "type",
                  .position = 1,
                  .is_signed = true,
                  .bits = 32,
                  .words = 1,
                  .given = 0,
                  .equals = 2}}},
      .remedies = {{{.what = "", .key = "allow", .at = {0, 17}},
                    {.kind = model::Edit::Kind::kRemove,
                     .what = "",
                     .key = "deny",
                     .at = {1, 3}}}},
      .calls = {{.number = 41,
                 .name = "socket",
                 .error = 1,
                 .at = {0, 31},
                 .form = 0,
                 .rules = {{{.at = {0, 31},
                             .when = {{.position = 0,
                                       .op = Test::Op::kIn,
                                       .bits = 32,
                                       .key = "family",
                                       .values = {1, 2}}},
                             .unless = {{.position = 1,
                                         .op = Test::Op::kRange,
                                         .bits = 32,
                                         .key = "type",
                                         .values = {5, 9}}}}}},
                 .above = 1},
                {.number = 165,
                 .name = "mount",
                 .error = 1,
                 .at = {1, 24},
                 .remedy = 0}}};
  sample.command = {"/usr/bin/sleep", "1"};
  sample.environment = {"HOME=/", "PATH=/usr/bin"};
  sample.working_directory = "/srv/data";
  sample.profiles = {
      {"/etc/ringfence/profiles/public.yaml", std::vector<uint8_t>(32, 0xAB)}};
  return sample;
}

inline std::vector<uint8_t> PackSample(const model::Confinement& sample) {
  const auto view = compile::CompileMounts(sample).value();
  std::vector<evaluate::Confirmed> filters;
  std::vector<bundle::FilterProof> proofs;
  for (const model::SeccompPolicy& policy : sample.seccomp) {
    filters.push_back(
        evaluate::Confirm(policy, compile::CompileSeccomp(policy).value())
            .value());
    proofs.push_back(certify::ClaimOf(policy, filters.back().program().code()));
  }
  return pack::Pack({.confinement = sample,
                     .view = view,
                     .landlock = compile::CompileLandlock(sample, view),
                     .resource_limits = compile::CompileLimits(sample.limits),
                     .capabilities = 0,
                     .filters = filters,
                     .proofs = proofs});
}

}  // namespace ringfence
