#include "bundle/denials.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ringfence::bundle {
namespace {

using model::ArgumentForm;
using model::Denials;

constexpr size_t kArguments = 6;
// As a mask of Words.
constexpr uint32_t kWhole = ~uint32_t{0};

template <typename T>
using Vector = flatbuffers::Vector<flatbuffers::Offset<T>>;

std::unexpected<Unusable> Bad(const char* what) {
  return std::unexpected(Unusable{std::string("it holds a bad ") + what});
}

// Exactly `count` names, separated by one space each; else none.
std::vector<std::string> Names(const flatbuffers::String& from, size_t count) {
  std::vector<std::string> names;
  std::string_view rest = from.string_view();
  if (rest.empty()) return names;
  names.reserve(count);
  while (true) {
    const size_t end = std::min(rest.find(' '), rest.size());
    names.emplace_back(rest.substr(0, end));
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  if (names.size() != count) names.clear();
  return names;
}

std::vector<model::RuleTest> TestsOf(const Vector<fb::RuleTest>& from) {
  std::vector<model::RuleTest> to;
  for (const auto* test : from) {
    to.push_back({.position = test->position(),
                  .op = static_cast<model::RuleTest::Op>(test->op()),
                  .is_signed = test->is_signed(),
                  .bits = test->bits(),
                  .key = test->key()->str(),
                  .values = {test->values()->begin(), test->values()->end()}});
  }
  return to;
}

bool IsTest(const model::RuleTest& test) {
  using Op = model::RuleTest::Op;
  return test.position < kArguments && test.op <= Op::kNoneOf &&
         test.bits >= 1 && test.bits <= 64 &&
         (test.op != Op::kRange || test.values.size() == 2);
}

class Reader {
 public:
  explicit Reader(const fb::Bundle& from) : from_(from) {}

  std::expected<Denials, Unusable> Read() {
    for (const auto* file : *from_.files()) to_.files.push_back(file->str());
    if (from_.words() != nullptr) RF_TRY(ReadWords(*from_.words()));
    if (from_.forms() != nullptr) RF_TRY(ReadForms(*from_.forms()));
    if (from_.remedies() != nullptr) RF_TRY(ReadRemedies(*from_.remedies()));
    to_.calls.reserve(from_.calls()->size());
    for (const auto* call : *from_.calls()) RF_TRY(ReadCall(*call));
    return std::move(to_);
  }

 private:
  [[nodiscard]] bool IsPlace(const model::Place& at) const {
    return at.line == 0 || at.file < to_.files.size();
  }

  std::expected<void, Unusable> ReadWords(const Vector<fb::Words>& from) {
    for (const auto* list : from) {
      const auto& values = *list->values();
      const auto& masks = *list->masks();
      const auto names = Names(*list->names(), values.size());
      if (names.size() != values.size() ||
          (masks.size() != values.size() && masks.size() != 1)) {
        return Bad("list of constants");
      }
      std::vector<model::Word>& words = to_.words.emplace_back();
      words.reserve(values.size());
      for (uint32_t i = 0; i < values.size(); ++i) {
        const uint32_t mask = masks[masks.size() == 1 ? 0 : i];
        words.push_back({mask == kWhole ? ~uint64_t{0}
                         : mask == 0    ? uint64_t{values[i]}
                                        : uint64_t{mask},
                         values[i], names[i]});
      }
    }
    return {};
  }

  std::expected<void, Unusable> ReadForms(const Vector<fb::Form>& from) {
    for (const auto* form : from) {
      const auto names = Names(*form->names(), form->arguments()->size());
      if (names.size() != form->arguments()->size()) return Bad("argument");
      std::vector<ArgumentForm>& arguments = to_.forms.emplace_back();
      for (const auto* argument : *form->arguments()) {
        arguments.push_back(
            {.name = names[arguments.size()],
             .position = argument->position(),
             .kind = static_cast<ArgumentForm::Kind>(argument->kind()),
             .is_signed = argument->is_signed(),
             .bits = argument->bits(),
             .words = argument->words(),
             .given = argument->given(),
             .equals = argument->equals()});
        const ArgumentForm& read = arguments.back();
        if (read.position >= kArguments ||
            read.kind > ArgumentForm::Kind::kDescriptor || read.bits < 1 ||
            read.bits > 64 ||
            (read.words != model::kNowhere && read.words >= to_.words.size()) ||
            (read.given != model::kNowhere && read.given >= kArguments)) {
          return Bad("argument");
        }
      }
    }
    return {};
  }

  std::expected<void, Unusable> ReadRemedies(const Vector<fb::Remedy>& from) {
    for (const auto* remedy : from) {
      std::vector<model::Edit>& edits = to_.remedies.emplace_back();
      for (const auto* edit : *remedy->edits()) {
        edits.push_back({.kind = static_cast<model::Edit::Kind>(edit->kind()),
                         .what = edit->what()->str(),
                         .key = edit->key()->str(),
                         .at = {edit->file(), edit->line()}});
        if (edits.back().kind > model::Edit::Kind::kSplit ||
            !IsPlace(edits.back().at)) {
          return Bad("remedy");
        }
      }
    }
    return {};
  }

  std::expected<void, Unusable> ReadCall(const fb::CallLine& from) {
    model::DeniedCall call{.number = from.number(),
                           .name = from.name()->str(),
                           .action = model::Action::kExplain,
                           .error = from.error(),
                           .at = {from.file(), from.line()},
                           .form = from.form(),
                           .remedy = from.remedy(),
                           .rules = {},
                           .above = from.above()};
    const auto points = [](uint16_t index, size_t size) {
      return index == model::kNowhere || index < size;
    };
    // The kernel's errors, seccomp(2); by number, for the look-up.
    if (call.error == 0 || call.error > 4095 || !IsPlace(call.at) ||
        !points(call.form, to_.forms.size()) ||
        !points(call.remedy, to_.remedies.size()) ||
        (!to_.calls.empty() && to_.calls.back().number >= call.number)) {
      return Bad("call line");
    }
    if (from.rules() != nullptr) {
      for (const auto* level : *from.rules()) {
        auto& rules = call.rules.emplace_back();
        for (const auto* rule : *level->rules()) {
          rules.push_back({.at = {rule->file(), rule->line()},
                           .when = TestsOf(*rule->when()),
                           .unless = TestsOf(*rule->unless())});
          if (!IsPlace(rules.back().at) ||
              !std::ranges::all_of(rules.back().when, IsTest) ||
              !std::ranges::all_of(rules.back().unless, IsTest)) {
            return Bad("rule");
          }
        }
      }
    }
    to_.calls.push_back(std::move(call));
    return {};
  }

  const fb::Bundle& from_;
  Denials to_;
};

}  // namespace

std::expected<Denials, Unusable> ReadDenials(const fb::Bundle& from) {
  return Reader(from).Read();
}

}  // namespace ringfence::bundle
