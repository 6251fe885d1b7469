#include "cli/plan_input.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "cli/host_facts.h"
#include "cli/subjects.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

std::string PlaceOf(const syntax::Span& span) {
  return span.file + ":" + std::to_string(span.line);
}

// Adds to `out` what `host` would refuse or cut of the item that comes next.
void Object(PlanInput& out, const KnownHost& host,
            const check::Subject& subject, const bundle::Bundle& needs) {
  for (const check::Finding& finding : HostFindings(host, subject, needs)) {
    auto& list =
        finding.severity == check::Severity::kError ? out.refused : out.cut;
    list.push_back({out.input.items.size(), host.name, finding.message,
                    finding.help, PlaceOf(finding.at)});
  }
}

class PlacementReader {
 public:
  PlacementReader(fs::path folder, std::optional<KnownHost> host, Build& build)
      : folder_(std::move(folder)), host_(std::move(host)), build_(build) {}

  std::optional<PlanInput> Read(const syntax::Placement& placement) {
    std::map<std::string, syntax::Span> names;
    for (const syntax::PlacedHost& host : placement.hosts) {
      const auto [first, fresh] =
          names.emplace(host.name.value, host.name.span);
      if (!fresh) build_.RefuseTwice(host.name, first->second);
      placement::Host planned{host.name.value, {}};
      for (const syntax::Text& level : host.accepts) {
        (void)build_.TrustLevel(level, std::nullopt);
        planned.accepts.push_back(level.value);
      }
      out_.input.hosts.push_back(std::move(planned));
      std::optional<KnownHost> known = host_;
      if (host.facts) {
        known =
            ReadFacts((folder_ / host.facts->value).lexically_normal(), build_);
      }
      ReadWorkloads(host.workloads, out_.input.hosts.size() - 1, known);
    }
    ReadWorkloads(placement.workloads, std::nullopt, host_);
    if (build_.Failed()) return std::nullopt;
    return std::move(out_);
  }

 private:
  void ReadWorkloads(const std::vector<syntax::Text>& files,
                     std::optional<size_t> host,
                     const std::optional<KnownHost>& known) {
    std::map<std::string, syntax::Span> names;
    for (const syntax::Text& file : files) {
      const std::string path = (folder_ / file.value).lexically_normal();
      const auto document = build_.ParseFile(path);
      if (!document) continue;
      const auto* workload = std::get_if<syntax::Workload>(&document->content);
      if (workload == nullptr) {
        build_.RefuseKind(*document, "Workload");
        continue;
      }
      const auto [first, fresh] =
          names.emplace(workload->name.value, file.span);
      if (!fresh) build_.RefuseTwice(file, first->second);
      if (known) {
        const auto subject = subjects_.Of(*document);
        const auto needs = subject ? NeedsOf(*document, build_) : std::nullopt;
        if (needs) Object(out_, *known, *subject, *needs);
      }
      Add(*workload, path, file.span, host);
    }
  }

  void Add(const syntax::Workload& workload, const fs::path& path,
           const syntax::Span& span, std::optional<size_t> host) {
    placement::Item item{
        .name = workload.name.value,
        .what = "workload",
        .place = PlaceOf(span),
        .level = build_.TrustLevel(workload.trust, workload.tenant),
        .hosts = {},
        .selector = {},
        .reads = {}};
    if (host) item.hosts.push_back(*host);
    for (const auto* binds :
         {&workload.filesystem.read, &workload.filesystem.write}) {
      for (const syntax::Bind& bind : *binds) {
        item.reads.push_back(
            (fs::absolute(path).parent_path() / bind.host.value)
                .lexically_normal());
      }
    }
    out_.input.items.push_back(std::move(item));
  }

  fs::path folder_;
  std::optional<KnownHost> host_;  // of those without facts of their own
  Build& build_;
  Subjects subjects_{build_};
  PlanInput out_;
};

// Whether a node has every label that is asked for.
bool Matches(const syntax::HostNode& node,
             const std::vector<syntax::Label>& selector) {
  return std::ranges::all_of(selector, [&](const syntax::Label& label) {
    return std::ranges::find(node.labels, label) != node.labels.end();
  });
}

std::optional<PlanInput> FromDeployment(const syntax::Deployment& deployment,
                                        const std::optional<KnownHost>& host,
                                        Build& build) {
  Subjects subjects(build);
  using Format = syntax::Deployment::Format;
  PlanInput out;
  out.format = deployment.format == Format::kCompose
                   ? PlanInput::Format::kCompose
                   : PlanInput::Format::kKubernetes;
  if (deployment.format == Format::kCompose) {
    out.input.hosts.push_back({"the host of this file", {}});
  }
  for (const syntax::HostNode& node : deployment.nodes) {
    out.input.hosts.push_back({node.name.value, {}});
  }
  for (const syntax::Service& service : deployment.services) {
    placement::Item item{.name = service.name.value,
                         .what = service.what,
                         .place = PlaceOf(service.name.span),
                         .level = {},
                         .hosts = {},
                         .selector = {},
                         .reads = {}};
    if (service.level) {
      item.level = build.TrustLevel(*service.level, service.tenant);
      const auto level =
          host ? build.Level(service.level->value) : std::nullopt;
      const check::Subject* const subject =
          level ? subjects.Level(service.level->value) : nullptr;
      if (subject != nullptr) {
        Object(out, *host, *subject, NeedsOf(*level));
      }
    }
    if (deployment.format == Format::kCompose) item.hosts.push_back(0);
    for (size_t i = 0; i < deployment.nodes.size(); ++i) {
      if (Matches(deployment.nodes[i], service.selector)) {
        item.hosts.push_back(i);
      }
    }
    for (const syntax::Label& label : service.selector) {
      item.selector.emplace_back(label.key, label.value);
    }
    for (const syntax::Text& path : service.reads) {
      item.reads.push_back(fs::path(path.value).lexically_normal());
    }
    out.input.items.push_back(std::move(item));
  }
  for (const syntax::Note& note : deployment.not_considered) {
    out.not_considered.push_back(note.message + " (" + PlaceOf(note.span) +
                                 ")");
  }
  if (build.Failed()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<PlanInput> ReadPlanInput(const std::string& path,
                                       const std::string& facts, Build& build) {
  std::optional<KnownHost> host;
  if (!facts.empty()) {
    host = ReadFacts(facts, build);
    if (!host) return std::nullopt;
  }
  if (const auto deployment = build.Deployment(path)) {
    return FromDeployment(*deployment, host, build);
  }
  if (build.Failed()) return std::nullopt;
  const auto document = build.ParseFile(path);
  if (!document) return std::nullopt;
  const auto* placement = std::get_if<syntax::Placement>(&document->content);
  if (placement == nullptr) {
    build.RefuseKind(*document, "Placement");
    return std::nullopt;
  }
  return PlacementReader(fs::path(path).parent_path(), std::move(host), build)
      .Read(*placement);
}

}  // namespace ringfence::cli
