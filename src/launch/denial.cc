#include "launch/denial.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <vector>

#include "base/check.h"
#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

using model::ArgumentForm;
using model::Denials;
using model::Edit;
using model::RuleTest;
using Arguments = std::array<uint64_t, 6>;

// Numbers up to here are counts and sizes, larger ones are more likely bits.
constexpr uint64_t kDecimal = 0xFFFF;

std::string InBase(uint64_t number, int base, const char* prefix) {
  char digits[std::numeric_limits<uint64_t>::digits];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base);
  return prefix + std::string(digits, end.ptr);
}

std::string Hex(uint64_t number) { return InBase(number, 16, "0x"); }

uint64_t Cut(uint64_t value, uint8_t bits) {
  return bits >= 64 ? value : value & ((uint64_t{1} << bits) - 1);
}

std::string Number(uint64_t value, const ArgumentForm& form) {
  if (form.kind == ArgumentForm::Kind::kPointer) {
    return value == 0 ? "NULL" : Hex(value);
  }
  if (form.kind == ArgumentForm::Kind::kOctal) {
    return value == 0 ? "0" : InBase(value, 8, "0");
  }
  const uint64_t sign = uint64_t{1} << (form.bits - 1);
  // The table has some descriptors as unsigned, as the kernel has.
  if ((form.is_signed || form.kind == ArgumentForm::Kind::kDescriptor) &&
      (value & sign) != 0) {
    return "-" + std::to_string(Cut(~value + 1, form.bits));
  }
  return value <= kDecimal ? std::to_string(value) : Hex(value);
}

// "SOCK_STREAM|SOCK_CLOEXEC|0x40"; "" where no word applies.
std::string InWords(uint64_t value, const std::vector<model::Word>& words,
                    const ArgumentForm& form) {
  std::string text;
  uint64_t rest = value;
  uint64_t taken = 0;
  for (const model::Word& word : words) {
    const uint64_t mask = Cut(word.mask, form.bits);
    if ((value & mask) != word.value || (taken & mask) != 0) continue;
    text += (text.empty() ? "" : "|") + word.name;
    rest &= ~mask;
    taken |= mask;
  }
  if (text.empty() || rest == 0) return text;
  return text + "|" +
         (form.kind == ArgumentForm::Kind::kOctal ? InBase(rest, 8, "0")
                                                  : Hex(rest));
}

std::string ValueText(const Denials& denials, uint64_t value,
                      const ArgumentForm& form) {
  value = Cut(value, form.bits);
  std::string text;
  if (form.words != model::kNowhere) {
    text = InWords(value, denials.words[form.words], form);
  }
  return text.empty() ? Number(value, form) : text;
}

const ArgumentForm* FormAt(const std::vector<ArgumentForm>& forms,
                           size_t position, const Arguments& args) {
  const auto at = std::ranges::find_if(forms, [&](const ArgumentForm& form) {
    return form.position == position &&
           (form.given == model::kNowhere ||
            static_cast<uint32_t>(args[form.given]) == form.equals);
  });
  return at != forms.end() ? &*at : nullptr;
}

std::string PlaceText(const Denials& denials, const model::Place& at) {
  if (at.line == 0) return "a rule of Ringfence's own";
  return Printable(denials.files[at.file]) + ":" + std::to_string(at.line);
}

// One edit, and every place where it is needed.
struct Step {
  std::string text;
  std::string places;
};

class Sentence {
 public:
  Sentence(const Denials& denials, const model::DeniedCall& call,
           const Arguments& args)
      : denials_(denials), call_(call), args_(args) {}

  DenialText Finish() && {
    DenialText text;
    if (call_.remedy != model::kNowhere) {
      for (const Edit& edit : denials_.remedies[call_.remedy]) Static(edit);
      changed_above_ = call_.above != 0;
      text.by = PlaceText(denials_, call_.at);
    } else {
      for (size_t i = 0; i < call_.rules.size(); ++i) Level(i);
      text.by = by_;
    }
    if (text.by.empty() && call_.at.line != 0) {
      text.by = PlaceText(denials_, call_.at);
    }
    text.remedy = Remedy();
    return text;
  }

 private:
  void Add(std::string what, const model::Place& at) {
    const std::string place = PlaceText(denials_, at);
    if (!steps_.empty() && steps_.back().text == what) {
      steps_.back().places += " and " + place;
    } else {
      steps_.push_back({std::move(what), place});
    }
  }

  void Static(const Edit& edit) {
    const std::string what =
        "`" + (edit.what.empty() ? call_.name : edit.what) + "`";
    const std::string key = "`" + edit.key + "`";
    switch (edit.kind) {
      case Edit::Kind::kAdd:
        Add("add " + what + " to " + key, edit.at);
        return;
      case Edit::Kind::kRemove:
        Add("remove " + what + " from " + key, edit.at);
        return;
      case Edit::Kind::kJustify:
        dangerous_ = true;
        Add("add " + what + " with reason, owner and review_by to " + key,
            edit.at);
        return;
      case Edit::Kind::kSplit:
        Add("write out " + what + " without `" + call_.name + "` in " + key,
            edit.at);
        return;
    }
    CheckFailed("denial: unknown edit");
  }

  // The rules of one level: it is the one closest to holding that is told.
  void Level(size_t i) {
    const model::DeniedRule* closest = nullptr;
    size_t fewest = ~size_t{0};
    for (const model::DeniedRule& rule : call_.rules[i]) {
      const size_t objections = Objections(rule);
      if (objections == 0) return;
      if (objections < fewest) {
        fewest = objections;
        closest = &rule;
      }
    }
    if (closest == nullptr) return;
    if (i < call_.above) changed_above_ = true;
    by_ += (by_.empty() ? "" : " and ") + PlaceText(denials_, closest->at);
    for (const RuleTest& test : closest->when) {
      if (const auto value = Objection(test, args_)) {
        Add(Fix(test, *value), closest->at);
      }
    }
    if (Excepts(*closest)) Add(Unfix(closest->unless.front()), closest->at);
  }

  [[nodiscard]] bool Excepts(const model::DeniedRule& rule) const {
    return !rule.unless.empty() &&
           std::ranges::all_of(rule.unless, [&](const RuleTest& test) {
             return !Objection(test, args_);
           });
  }

  [[nodiscard]] size_t Objections(const model::DeniedRule& rule) const {
    size_t count = Excepts(rule) ? 1 : 0;
    for (const RuleTest& test : rule.when) {
      if (Objection(test, args_)) ++count;
    }
    return count;
  }

  // As a profile may spell it: one constant or one number, and for bits
  // several constants.
  [[nodiscard]] std::string Spelt(const RuleTest& test, uint64_t value,
                                  bool bits) const {
    std::string text;
    if (call_.form != model::kNowhere) {
      const ArgumentForm* form =
          FormAt(denials_.forms[call_.form], test.position, args_);
      if (form != nullptr && form->words != model::kNowhere) {
        text = InWords(value, denials_.words[form->words], *form);
      }
    }
    if (text.empty() || (!bits && text.find('|') != std::string::npos)) {
      text = value <= kDecimal ? std::to_string(value) : Hex(value);
    }
    return "`" + text + "`";
  }

  [[nodiscard]] std::string Fix(const RuleTest& test, uint64_t value) const {
    using Op = RuleTest::Op;
    const std::string key = "`" + test.key + "`";
    switch (test.op) {
      case Op::kIn:
        return "add " + Spelt(test, value, false) + " to " + key;
      case Op::kNotIn:
        return "remove " + Spelt(test, value, false) + " from " + key;
      case Op::kAnyOf:
        return "add " + Spelt(test, value, true) + " to " + key;
      case Op::kAllOf:
      case Op::kNoneOf:
        return "remove " + Spelt(test, value, true) + " from " + key;
      case Op::kRange:
        return "widen " + key + " to " + Spelt(test, value, false);
    }
    CheckFailed("denial: unknown test");
  }

  // The same for a test under `unless`, which must not hold.
  [[nodiscard]] std::string Unfix(const RuleTest& test) const {
    using Op = RuleTest::Op;
    const std::string key = "`" + test.key + "`";
    uint64_t value = Cut(args_[test.position], test.bits);
    switch (test.op) {
      case Op::kIn:
        return "remove " + Spelt(test, value, false) + " from " + key;
      case Op::kNotIn:
        return "add " + Spelt(test, value, false) + " to " + key;
      case Op::kAnyOf:
      case Op::kAllOf:
        for (const uint64_t bits : test.values) {
          if ((value & bits) != 0)
            return "remove " + Spelt(test, value & bits, true) + " from " + key;
        }
        break;
      case Op::kNoneOf:
      case Op::kRange:
        break;
    }
    return "narrow " + key;
  }

  [[nodiscard]] std::string Remedy() const {
    if (steps_.empty()) return "";
    std::string text;
    if (dangerous_) {
      text = "it is a dangerous call; ";
    } else if (changed_above_) {
      text = "a level may only tighten what it extends; ";
    }
    text += "to allow it: ";
    for (size_t i = 0; i < steps_.size(); ++i) {
      text +=
          (i == 0 ? "" : ", and ") + steps_[i].text + " at " + steps_[i].places;
    }
    return text;
  }

  const Denials& denials_;
  const model::DeniedCall& call_;
  const Arguments& args_;
  std::vector<Step> steps_;
  std::string by_;
  bool dangerous_ = false;
  bool changed_above_ = false;
};

bool IsPlainWord(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           std::string_view("/_.:+-@").find(c) != std::string_view::npos;
  });
}

}  // namespace

DenialText Describe(const Denials& denials, uint32_t number,
                    const Arguments& args, const DescriptorName& name_of) {
  const model::DeniedCall* call = model::Find(denials, number);
  if (call == nullptr) {
    return {"call " + std::to_string(number), "", ""};
  }
  std::string arguments;
  for (size_t i = 0; call->form != model::kNowhere && i < args.size(); ++i) {
    const ArgumentForm* form = FormAt(denials.forms[call->form], i, args);
    if (form == nullptr) break;
    arguments += (arguments.empty() ? "" : ", ") + form->name + "=" +
                 ValueText(denials, args[i], *form);
    if (form->kind == ArgumentForm::Kind::kDescriptor) {
      const std::string name = name_of(Cut(args[i], form->bits));
      if (!name.empty()) arguments += "<" + Said(name) + ">";
    }
  }
  DenialText text = Sentence(denials, *call, args).Finish();
  text.call = call->name + "(" + arguments + ")";
  return text;
}

uint16_t ErrorFor(const Denials& denials, uint32_t number) {
  const model::DeniedCall* call = model::Find(denials, number);
  return call != nullptr ? call->error : uint16_t{EPERM};
}

std::string Said(std::string_view text) {
  if (IsPlainWord(text)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += Printable({&c, 1});
  }
  return quoted + "\"";
}

std::string ProgramOf(uint32_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/comm";
  auto name = sys::ReadFile(path.c_str(), 64);
  if (!name) return "?";
  if (name->ends_with('\n')) name->pop_back();
  return *name;
}

std::string DescriptorOf(uint32_t pid, uint64_t descriptor) {
  const std::string path =
      "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(descriptor);
  return sys::Readlinkat(AT_FDCWD, path.c_str()).value_or("");
}

}  // namespace ringfence::launch
