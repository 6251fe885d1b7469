#include "pack/denials.h"

#include <algorithm>
#include <string>

namespace ringfence::pack {
namespace {

namespace fb = bundle::fb;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// The entries of a table that the packed calls refer to, numbered anew.
class Used {
 public:
  explicit Used(size_t size) : number_(size, model::kNowhere) {}

  uint16_t Take(uint16_t index) {
    // One that points nowhere stays so; Open refuses what is no such index.
    if (index >= number_.size()) return index;
    if (number_[index] == model::kNowhere) {
      number_[index] = static_cast<uint16_t>(order_.size());
      order_.push_back(index);
    }
    return number_[index];
  }
  [[nodiscard]] const std::vector<uint16_t>& order() const { return order_; }

 private:
  std::vector<uint16_t> number_;
  std::vector<uint16_t> order_;
};

class Packer {
 public:
  Packer(FlatBufferBuilder& to, const model::Denials& from)
      : to_(to),
        from_(from),
        files_(from.files.size()),
        words_(from.words.size()),
        forms_(from.forms.size()),
        remedies_(from.remedies.size()) {}

  PackedDenials Pack() {
    std::vector<Offset<fb::CallLine>> calls;
    for (const model::DeniedCall& call : from_.calls) {
      if (call.action == model::Action::kExplain) calls.push_back(Call(call));
    }
    std::vector<Offset<fb::Remedy>> remedies;
    for (const uint16_t i : remedies_.order()) {
      remedies.push_back(Remedy(from_.remedies[i]));
    }
    std::vector<Offset<fb::Form>> forms;
    for (const uint16_t i : forms_.order()) {
      forms.push_back(Form(from_.forms[i]));
    }
    std::vector<Offset<fb::Words>> words;
    for (const uint16_t i : words_.order()) {
      words.push_back(Words(from_.words[i]));
    }
    std::vector<std::string> files;
    for (const uint16_t i : files_.order()) files.push_back(from_.files[i]);
    PackedDenials packed;
    packed.files = to_.CreateVectorOfStrings(files);
    packed.calls = to_.CreateVector(calls);
    packed.words = to_.CreateVector(words);
    packed.forms = to_.CreateVector(forms);
    packed.remedies = to_.CreateVector(remedies);
    return packed;
  }

 private:
  uint16_t FileOf(const model::Place& at) {
    return at.line != 0 ? files_.Take(at.file) : uint16_t{0};
  }

  Offset<fb::CallLine> Call(const model::DeniedCall& call) {
    const auto name = to_.CreateString(call.name);
    std::vector<Offset<fb::LevelRules>> levels;
    for (const auto& level : call.rules) {
      std::vector<Offset<fb::DeniedRule>> rules;
      for (const model::DeniedRule& rule : level) rules.push_back(Rule(rule));
      levels.push_back(fb::CreateLevelRules(to_, to_.CreateVector(rules)));
    }
    const auto packed = levels.empty() ? 0 : to_.CreateVector(levels);
    return fb::CreateCallLine(to_, call.number, name, call.error,
                              FileOf(call.at), call.at.line,
                              forms_.Take(call.form),
                              remedies_.Take(call.remedy), call.above, packed);
  }

  Offset<fb::DeniedRule> Rule(const model::DeniedRule& rule) {
    const auto when = Tests(rule.when);
    const auto unless = Tests(rule.unless);
    return fb::CreateDeniedRule(to_, FileOf(rule.at), rule.at.line, when,
                                unless);
  }

  Packed<fb::RuleTest> Tests(const std::vector<model::RuleTest>& from) {
    std::vector<Offset<fb::RuleTest>> tests;
    for (const model::RuleTest& test : from) {
      const auto key = to_.CreateSharedString(test.key);
      const auto values = to_.CreateVector(test.values);
      tests.push_back(
          fb::CreateRuleTest(to_, test.position, static_cast<uint8_t>(test.op),
                             test.bits, test.is_signed, key, values));
    }
    return to_.CreateVector(tests);
  }

  Offset<fb::Remedy> Remedy(const std::vector<model::Edit>& from) {
    std::vector<Offset<fb::Edit>> edits;
    for (const model::Edit& edit : from) {
      const auto what = to_.CreateSharedString(edit.what);
      const auto key = to_.CreateSharedString(edit.key);
      edits.push_back(fb::CreateEdit(to_, static_cast<uint8_t>(edit.kind), what,
                                     key, FileOf(edit.at), edit.at.line));
    }
    return fb::CreateRemedy(to_, to_.CreateVector(edits));
  }

  Offset<fb::Form> Form(const std::vector<model::ArgumentForm>& from) {
    std::string names;
    std::vector<fb::ArgumentForm> arguments;
    for (const model::ArgumentForm& form : from) {
      names += (arguments.empty() ? "" : " ") + form.name;
      arguments.emplace_back(form.position, static_cast<uint8_t>(form.kind),
                             form.bits, form.is_signed, words_.Take(form.words),
                             form.given, form.equals);
    }
    const auto packed = to_.CreateString(names);
    return fb::CreateForm(to_, packed, to_.CreateVectorOfStructs(arguments));
  }

  Offset<fb::Words> Words(const std::vector<model::Word>& from) {
    std::string names;
    std::vector<uint32_t> masks;
    std::vector<uint32_t> values;
    for (const model::Word& word : from) {
      names += (values.empty() ? "" : " ") + word.name;
      masks.push_back(word.mask == word.value ? 0
                      : word.mask == ~uint64_t{0}
                          ? ~uint32_t{0}
                          : static_cast<uint32_t>(word.mask));
      values.push_back(static_cast<uint32_t>(word.value));
    }
    if (!masks.empty() && std::ranges::count(masks, masks.front()) ==
                              static_cast<ptrdiff_t>(masks.size())) {
      masks.resize(1);
    }
    const auto packed = to_.CreateString(names);
    const auto packed_masks = to_.CreateVector(masks);
    return fb::CreateWords(to_, packed_masks, to_.CreateVector(values), packed);
  }

  FlatBufferBuilder& to_;
  const model::Denials& from_;
  Used files_;
  Used words_;
  Used forms_;
  Used remedies_;
};

}  // namespace

PackedDenials PackDenials(FlatBufferBuilder& to,
                          const model::Denials& denials) {
  return Packer(to, denials).Pack();
}

}  // namespace ringfence::pack
