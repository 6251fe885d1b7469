#include "syntax/loose.h"

#include "syntax/quantity.h"

namespace ringfence::syntax {

const Node* Below(const Node& node,
                  std::initializer_list<std::string_view> path) {
  const Node* at = &node;
  for (const std::string_view key : path) {
    if (at->kind != Node::Kind::kMapping) return nullptr;
    at = at->Find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

void LabelReader::Take(const Node* labels, Service& service) {
  if (labels == nullptr) return;
  const auto take = [&](std::string_view key, const Text& value) {
    if (key == kLevelLabel) Set(service.level, value, key);
    if (key == kTenantLabel) Set(service.tenant, value, key);
  };
  for (const Entry& entry : labels->entries) {
    take(entry.key, {entry.value.text, entry.value.span});
  }
  for (const Node& item : labels->items) {
    const size_t equals = item.text.find('=');
    if (equals == std::string::npos) continue;
    take(std::string_view(item.text).substr(0, equals),
         {item.text.substr(equals + 1), item.span});
  }
}

void LabelReader::Set(std::optional<Text>& to, const Text& value,
                      std::string_view key) {
  if (const auto fault = CheckName(value.value); !fault) {
    Report(fault.error().code, fault.error().message, value.span,
           "the value of `" + std::string(key) + "`", fault.error().help);
    return;
  }
  if (to && to->value != value.value) {
    diagnostics_.Add({Code::kTwoLevels,
                      "`" + std::string(key) + "` is given twice, differently",
                      value.span,
                      "`" + value.value + "` here",
                      {{"`" + to->value + "` here", to->span}},
                      "a workload has one level: remove one of the two"});
    return;
  }
  to = value;
}

void LabelReader::Report(Code code, std::string message, const Span& span,
                         std::string label, std::string help) {
  diagnostics_.Add(
      {code, std::move(message), span, std::move(label), {}, std::move(help)});
}

}  // namespace ringfence::syntax
