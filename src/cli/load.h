// Load: anything whose meaning can be compared or audited.
//
//   auto old = Load("HEAD~1:profiles/public.yaml", profiles);
//   if (!old) Print(old.error().text), exit(old.error().exit_code);
//   prover.Compare(SubjectOf(*old), ...);
//
// A trust level, a workload, a bundle, a raw BPF program (struct sock_filter
// one after another), or a seccomp profile in the OCI runtime's JSON; from a
// file or from a git revision. Levels and groups are looked up beside the file
// first, so a revision is compared with its own.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "bpf/program.h"
#include "bundle/bundle.h"
#include "cli/place.h"
#include "evaluate/evaluate.h"
#include "model/seccomp.h"
#include "prove/layers.h"
#include "prove/subject.h"

namespace ringfence::cli {

struct Loaded {
  enum class Kind { kLevel, kWorkload, kBundle, kProgram, kOci };
  std::string name;  // as it was asked for
  Kind kind = Kind::kLevel;
  std::vector<model::SeccompPolicy> policies;  // kLevel, kWorkload, kOci
  // kProgram: the newest first; a process may have several.
  std::vector<std::vector<bpf::Instruction>> programs;
  std::optional<bundle::Bundle> bundle;  // kBundle
  std::optional<prove::Layers> layers;
  std::string breaches;  // of ceilings, rendered; empty: none
};

struct LoadError {
  int exit_code = 3;
  std::string text;  // for people, with its newline
};

// `profiles` is --profiles; without it, levels are also looked up in `folders`.
[[nodiscard]] std::expected<Loaded, LoadError> Load(
    const Place& place, const std::string& profiles,
    const std::vector<std::string>& folders = {});

// `bytes` as a program that the kernel would take.
[[nodiscard]] std::expected<std::vector<bpf::Instruction>, std::string>
ParseProgram(std::string_view bytes);

// Refers to `loaded`. With kReturned, what its filter returns to the kernel:
// for comparisons with a program, whose supervisor nobody knows.
[[nodiscard]] prove::Subject SubjectOf(const Loaded& loaded,
                                       prove::Reading reading);

// The architectures that it was made for; nothing: it treats all alike.
[[nodiscard]] std::vector<uint32_t> ArchsOf(const Loaded& loaded);

// The line that decides about a call: "public.yaml:31"; empty: none is known.
[[nodiscard]] model::Source SourceOf(const Loaded& loaded,
                                     const evaluate::SeccompData& call);

}  // namespace ringfence::cli
