#include "certify/obligation.h"

#include <cstdint>

namespace ringfence::certify {
namespace {

using model::Answer;
using model::CallPolicy;
using model::Condition;
using model::SeccompPolicy;

// Deeper conditions are not decoded: no profile has them, and a damaged
// obligation must not exhaust the stack.
constexpr int kMaxDepth = 64;

class Writer {
 public:
  void Put(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
    }
  }

  void Put(const Answer& answer) {
    Put(static_cast<uint64_t>(answer.action), 1);
    Put(answer.error, 2);
  }

  void Put(const Condition& condition) {
    Put(static_cast<uint64_t>(condition.kind), 1);
    if (condition.kind == Condition::Kind::kTest) {
      const model::ArgTest& test = condition.test;
      Put(test.arg, 1);
      Put(static_cast<uint64_t>(test.width), 1);
      Put(static_cast<uint64_t>(test.relation), 1);
      Put(test.mask, 8);
      Put(test.value, 8);
      return;
    }
    Put(condition.of.size(), 4);
    for (const Condition& part : condition.of) Put(part);
  }

  void Put(const SeccompPolicy& policy) {
    Put(policy.arch, 4);
    Put(policy.unlisted);
    Put(policy.calls.size(), 4);
    for (const CallPolicy& call : policy.calls) {
      Put(call.number, 4);
      Put(call.otherwise);
      Put(call.clauses.size(), 4);
      for (const model::Clause& clause : call.clauses) {
        Put(clause.then);
        Put(clause.when);
      }
    }
  }

  [[nodiscard]] std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  uint64_t Take(size_t size) {
    if (rest_.size() < size) {
      good_ = false;
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) {
      value = value << 8 | static_cast<uint8_t>(rest_[i]);
    }
    rest_.remove_prefix(size);
    return value;
  }

  // How many things follow, each of at least `size` bytes.
  size_t TakeCount(size_t size) {
    const size_t count = Take(4);
    if (count > rest_.size() / size) good_ = false;
    return good_ ? count : 0;
  }

  Answer TakeAnswer() {
    const auto action = static_cast<model::Action>(Take(1));
    if (action > model::Action::kNotify) good_ = false;
    return {action, static_cast<uint16_t>(Take(2))};
  }

  Condition TakeCondition(int depth) {
    Condition condition;
    condition.kind = static_cast<Condition::Kind>(Take(1));
    if (condition.kind > Condition::Kind::kNot || depth == 0) good_ = false;
    if (!good_) return condition;
    if (condition.kind == Condition::Kind::kTest) {
      model::ArgTest& test = condition.test;
      test.arg = static_cast<uint8_t>(Take(1));
      test.width = static_cast<model::Width>(Take(1));
      test.relation = static_cast<model::ArgTest::Relation>(Take(1));
      test.mask = Take(8);
      test.value = Take(8);
      if (test.arg > 5 || test.width > model::Width::kFull64 ||
          test.relation > model::ArgTest::Relation::kAtLeast) {
        good_ = false;
      }
      return condition;
    }
    const size_t parts = TakeCount(1);
    if (condition.kind == Condition::Kind::kNot && parts != 1) good_ = false;
    for (size_t i = 0; i < parts && good_; ++i) {
      condition.of.push_back(TakeCondition(depth - 1));
    }
    return condition;
  }

  SeccompPolicy TakePolicy() {
    SeccompPolicy policy;
    policy.arch = static_cast<uint32_t>(Take(4));
    policy.unlisted = TakeAnswer();
    const size_t calls = TakeCount(1);
    for (size_t i = 0; i < calls && good_; ++i) {
      CallPolicy call;
      call.number = static_cast<uint32_t>(Take(4));
      call.otherwise = TakeAnswer();
      const size_t clauses = TakeCount(1);
      for (size_t j = 0; j < clauses && good_; ++j) {
        const Answer then = TakeAnswer();
        call.clauses.push_back({TakeCondition(kMaxDepth), then, {}});
      }
      if (i > 0 && call.number <= policy.calls.back().number) good_ = false;
      policy.calls.push_back(std::move(call));
    }
    return policy;
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool AtEnd() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

bundle::Digest DigestOf(const std::string& bytes) {
  return bundle::DigestOf(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace

std::string Encode(const SeccompPolicy& source,
                   std::span<const bpf::Instruction> program) {
  Writer writer;
  writer.Put(source);
  writer.Put(program.size(), 4);
  for (const bpf::Instruction& in : program) {
    writer.Put(in.code, 2);
    writer.Put(in.jt, 1);
    writer.Put(in.jf, 1);
    writer.Put(in.k, 4);
  }
  return writer.Take();
}

std::optional<Obligation> Decode(std::string_view bytes) {
  Reader reader(bytes);
  Obligation obligation{.source = reader.TakePolicy(), .program = {}};
  const size_t size = reader.TakeCount(8);
  for (size_t i = 0; i < size && reader.good(); ++i) {
    bpf::Instruction in;
    in.code = static_cast<uint16_t>(reader.Take(2));
    in.jt = static_cast<uint8_t>(reader.Take(1));
    in.jf = static_cast<uint8_t>(reader.Take(1));
    in.k = static_cast<uint32_t>(reader.Take(4));
    obligation.program.push_back(in);
  }
  if (!reader.AtEnd()) return std::nullopt;
  return obligation;
}

bundle::FilterProof ClaimOf(const SeccompPolicy& source,
                            std::span<const bpf::Instruction> program) {
  Writer writer;
  writer.Put(source);
  return {.source = DigestOf(writer.Take()),
          .program = bundle::DigestOf(program)};
}

}  // namespace ringfence::certify
