#include "syntax/compose.h"

#include <algorithm>
#include <map>
#include <set>

#include "syntax/loose.h"

namespace ringfence::syntax {
namespace {

// Where `docker compose up` would put things does not depend on these; what an
// orchestrator or another file makes of them is not known here.
constexpr std::string_view kNotConsidered[] = {"extends", "deploy", "profiles",
                                               "scale"};

class Reader {
 public:
  Reader(std::string_view file, Diagnostics& diagnostics)
      : labels_(file, diagnostics) {}

  Deployment Read(const Node& services) {
    for (const Entry& entry : services.entries) {
      if (entry.value.kind != Node::Kind::kMapping) {
        labels_.Report(Code::kWrongType,
                       "`" + entry.key + "` has the wrong type",
                       entry.value.span, "expected a service", "");
        continue;
      }
      ReadService(entry);
    }
    RefuseCycles();
    return std::move(deployment_);
  }

 private:
  void ReadService(const Entry& entry) {
    const Node& node = entry.value;
    Service service{.name = {entry.key, entry.key_span}, .what = "service"};
    labels_.Take(node.Find("labels"), service);
    labels_.Take(Below(node, {"deploy", "labels"}), service);
    if (const Node* volumes = node.Find("volumes")) {
      for (const Node& volume : volumes->items) ReadVolume(volume, service);
    }
    for (const Entry& key : node.entries) {
      if (std::ranges::find(kNotConsidered, key.key) !=
          std::end(kNotConsidered)) {
        deployment_.not_considered.push_back(
            {"`" + key.key + "` of " + entry.key, key.key_span});
      }
      if (key.key == "depends_on") ReadDependencies(entry.key, key.value);
    }
    deployment_.services.push_back(std::move(service));
    places_.emplace(entry.key, entry.key_span);
  }

  // `/host:/inside:ro`, or the long form with type bind.
  static void ReadVolume(const Node& volume, Service& service) {
    Text path{volume.text.substr(0, volume.text.find(':')), volume.span};
    if (const Node* source = Below(volume, {"source"})) {
      path = {source->text, source->span};
    }
    if (path.value.starts_with('/')) service.reads.push_back(std::move(path));
  }

  // A list of names, or a mapping by name.
  void ReadDependencies(const std::string& name, const Node& node) {
    for (const Node& item : node.items) {
      needs_[name].push_back({item.text, item.span});
    }
    for (const Entry& entry : node.entries) {
      needs_[name].push_back({entry.key, entry.key_span});
    }
  }

  void RefuseCycles() {
    for (const auto& [name, needs] : needs_) {
      std::set<std::string> seen;
      for (const Text& need : needs) {
        if (!places_.contains(need.value)) {
          labels_.Report(Code::kUnknownService,
                         "there is no service `" + need.value + "`", need.span,
                         "`" + name + "` depends on it", "");
        } else if (Reaches(need.value, name, seen)) {
          labels_.Report(Code::kServiceCycle,
                         "`" + name + "` depends on itself", need.span,
                         "through `" + need.value + "`",
                         "remove one of these dependencies");
        }
      }
    }
  }

  bool Reaches(const std::string& from, const std::string& to,
               std::set<std::string>& seen) const {
    if (from == to) return true;
    if (!seen.insert(from).second) return false;
    const auto needs = needs_.find(from);
    return needs != needs_.end() &&
           std::ranges::any_of(needs->second, [&](const Text& need) {
             return Reaches(need.value, to, seen);
           });
  }

  LabelReader labels_;
  Deployment deployment_;
  std::map<std::string, Span> places_;
  std::map<std::string, std::vector<Text>> needs_;
};

}  // namespace

Deployment ReadCompose(const Node& root, std::string_view file,
                       Diagnostics& diagnostics) {
  return Reader(file, diagnostics).Read(*root.Find("services"));
}

}  // namespace ringfence::syntax
