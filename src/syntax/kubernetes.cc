#include "syntax/kubernetes.h"

#include <algorithm>
#include <map>

#include "syntax/loose.h"

namespace ringfence::syntax {
namespace {

// Where the pod of each kind stands.
struct Maker {
  std::string_view kind;
  std::initializer_list<std::string_view> pod;
};
const Maker kMakers[] = {
    {"Pod", {}},
    {"Deployment", {"spec", "template"}},
    {"StatefulSet", {"spec", "template"}},
    {"DaemonSet", {"spec", "template"}},
    {"ReplicaSet", {"spec", "template"}},
    {"ReplicationController", {"spec", "template"}},
    {"Job", {"spec", "template"}},
    {"CronJob", {"spec", "jobTemplate", "spec", "template"}},
};

// Keys of a pod's spec that bear on where it runs.
constexpr std::string_view kNotConsidered[] = {
    "affinity",      "tolerations",      "topologySpreadConstraints",
    "schedulerName", "runtimeClassName", "schedulingGates"};

class Reader {
 public:
  Reader(std::string_view file, Diagnostics& diagnostics)
      : labels_(file, diagnostics), diagnostics_(diagnostics) {
    deployment_.format = Deployment::Format::kKubernetes;
  }

  Deployment Read(const std::vector<Node>& roots) {
    for (const Node& root : roots) ReadObject(root);
    for (const auto& [kind, span] : others_) {
      deployment_.not_considered.push_back({"objects of kind " + kind, span});
    }
    return std::move(deployment_);
  }

 private:
  void ReadObject(const Node& root) {
    const Node* kind = Below(root, {"kind"});
    if (kind == nullptr || kind->kind != Node::Kind::kScalar) {
      labels_.Report(Code::kMissingKey, "an object needs the key `kind`",
                     root.span, "", "");
      return;
    }
    if (kind->text == "List") {
      const Node* items = root.Find("items");
      if (items == nullptr) return;
      for (const Node& item : items->items) ReadObject(item);
      return;
    }
    if (kind->text == "Node") {
      ReadNode(root);
      return;
    }
    for (const Maker& maker : kMakers) {
      if (maker.kind == kind->text) {
        ReadPods(root, maker);
        return;
      }
    }
    others_.try_emplace(kind->text, kind->span);
  }

  // Nothing, with a diagnostic, where there is none.
  std::optional<Text> NameOf(const Node& root) {
    const Node* name = Below(root, {"metadata", "name"});
    if (name == nullptr || name->text.empty()) {
      labels_.Report(Code::kMissingKey,
                     "an object needs the key `metadata.name`", root.span, "",
                     "");
      return std::nullopt;
    }
    const Node* space = Below(root, {"metadata", "namespace"});
    return Text{space == nullptr ? name->text : space->text + "/" + name->text,
                name->span};
  }

  void ReadNode(const Node& root) {
    const auto name = NameOf(root);
    if (!name) return;
    HostNode node{*name, LabelsOf(Below(root, {"metadata", "labels"}))};
    const Label own{"kubernetes.io/hostname", name->value};
    if (std::ranges::find(node.labels, own.key, &Label::key) ==
        node.labels.end()) {
      node.labels.push_back(own);
    }
    deployment_.nodes.push_back(std::move(node));
  }

  void ReadPods(const Node& root, const Maker& maker) {
    const auto name = NameOf(root);
    const Node* pod = Below(root, maker.pod);
    if (pod == nullptr) {
      labels_.Report(Code::kMissingKey, "there is no pod template", root.span,
                     "of this object", "");
    }
    if (!name || pod == nullptr) return;
    Service service{.name = *name, .what = std::string(maker.kind)};
    for (const char* place : {"labels", "annotations"}) {
      labels_.Take(Below(*pod, {"metadata", place}), service);
    }
    if (!service.level) {
      for (const char* place : {"labels", "annotations"}) {
        labels_.Take(Below(root, {"metadata", place}), service);
      }
    }
    if (const Node* spec = Below(*pod, {"spec"})) ReadSpec(*spec, service);
    RefuseTwice(service);
    deployment_.services.push_back(std::move(service));
  }

  void ReadSpec(const Node& spec, Service& service) {
    service.selector = LabelsOf(spec.Find("nodeSelector"));
    if (const Node* node = spec.Find("nodeName")) {
      service.selector.push_back({"kubernetes.io/hostname", node->text});
    }
    for (const Entry& key : spec.entries) {
      if (std::ranges::find(kNotConsidered, key.key) !=
          std::end(kNotConsidered)) {
        deployment_.not_considered.push_back(
            {"`" + key.key + "` of " + service.name.value, key.key_span});
      }
    }
    const Node* volumes = spec.Find("volumes");
    if (volumes == nullptr) return;
    for (const Node& volume : volumes->items) {
      if (const Node* path = Below(volume, {"hostPath", "path"})) {
        service.reads.push_back({path->text, path->span});
      }
    }
  }

  void RefuseTwice(const Service& service) {
    const auto [first, fresh] = places_.emplace(
        service.what + " " + service.name.value, service.name.span);
    if (fresh) return;
    diagnostics_.Add(
        {Code::kNamedTwice,
         service.what + " `" + service.name.value + "` is given twice",
         service.name.span,
         "given again here",
         {{"first given here", first->second}},
         "remove or rename one of the two"});
  }

  static std::vector<Label> LabelsOf(const Node* node) {
    std::vector<Label> labels;
    if (node == nullptr) return labels;
    for (const Entry& entry : node->entries) {
      labels.push_back({entry.key, entry.value.text});
    }
    return labels;
  }

  LabelReader labels_;
  Diagnostics& diagnostics_;
  Deployment deployment_;
  std::map<std::string, Span> others_;
  std::map<std::string, Span> places_;
};

}  // namespace

Deployment ReadKubernetes(const std::vector<Node>& roots, std::string_view file,
                          Diagnostics& diagnostics) {
  return Reader(file, diagnostics).Read(roots);
}

}  // namespace ringfence::syntax
