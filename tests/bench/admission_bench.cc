// What an admission costs beside 1,000 running sandboxes, against an empty
// host: measured in turn, medians, and their ratio.
//
//   build/dev/bin/bench_admission [ROUNDS]
//
// An admission is Ledger::OpenBelow and Ledger::Admit, its end the release of
// the claim, on a ledger of this user's on a tmpfs, as /run is. The sandboxes
// are claims of one class, each with open file descriptions of its own, as
// running ones have. A refusal is that of another level; since nobody is
// refused on an empty host, it is measured beside three sandboxes and beside
// 1,000.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admit/ledger.h"
#include "sys/file.h"

namespace {

using namespace ringfence;

constexpr size_t kHeld = 1000;
constexpr double kMost = 1.5;

double NowUs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "bench_admission: %s\n", what.c_str());
  std::exit(1);
}

// A ledger of its own.
class Host {
 public:
  Host() {
    if (::mkdtemp(path_.data()) == nullptr) Fail("mkdtemp");
    const std::string uid = std::to_string(::geteuid());
    std::filesystem::create_directories(path_ + "/user/" + uid);
    ::chmod((path_ + "/user/" + uid).c_str(), 0700);
    run_ = sys::Open(path_.c_str(), O_PATH | O_DIRECTORY).value();
  }
  ~Host() { std::filesystem::remove_all(path_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::expected<admit::Claim, admit::Refusal> Try(
      const std::string& level, const std::string& name) const {
    const model::HostUid uid(::geteuid());
    const auto ledger = admit::Ledger::OpenBelow(run_.get(), uid, {});
    if (!ledger) Fail(admit::Describe(ledger.error()));
    return ledger->Admit({.level = {.name = level}, .name = name, .uid = uid});
  }
  admit::Claim Admit(const std::string& name) const {
    auto claim = Try("public", name);
    if (!claim) Fail(admit::Describe(claim.error(), {}));
    return *std::move(claim);
  }
  // Microseconds of an admission, and of its end.
  std::pair<double, double> Measure() const {
    const double start = NowUs();
    std::optional<admit::Claim> claim(Admit("measured"));
    const double admitted = NowUs();
    if (!claim->Release()) Fail("Release");
    claim.reset();
    return {admitted - start, NowUs() - admitted};
  }
  double MeasureRefusal() const {
    const double start = NowUs();
    if (Try("other", "measured")) Fail("admitted beside another level");
    return NowUs() - start;
  }

 private:
  std::string path_ = "/dev/shm/ringfence-bench-XXXXXX";
  UniqueFd run_;
};

double Median(std::vector<double> values) {
  std::ranges::nth_element(
      values, values.begin() + static_cast<long>(values.size() / 2));
  return values[values.size() / 2];
}

void Print(const char* what, const std::vector<double>& with_few,
           const std::vector<double>& with_many) {
  const double few = Median(with_few);
  const double many = Median(with_many);
  std::printf("%-10s %8.1f us %8.1f us %6.2f\n", what, few, many, many / few);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 500;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const Host empty;
  const Host held_by_few;
  const Host full;
  std::vector<admit::Claim> held;
  for (const char* name : {"one", "two", "three"}) {
    held.push_back(held_by_few.Admit(name));
  }
  for (size_t i = 0; i < kHeld; ++i) {
    held.push_back(full.Admit("held-" + std::to_string(i)));
  }
  struct Times {
    std::vector<double> admission, end, refusal;
  } few, many;
  for (int i = 0; i < rounds; ++i) {
    for (const auto& [host, times] :
         {std::pair{&empty, &few}, {&full, &many}}) {
      const auto [admission, end] = host->Measure();
      times->admission.push_back(admission);
      times->end.push_back(end);
    }
    few.refusal.push_back(held_by_few.MeasureRefusal());
    many.refusal.push_back(full.MeasureRefusal());
  }
  std::printf("%-10s %11s %11s %6s\n", "", "on an empty", "beside 1000",
              "ratio");
  Print("admission", few.admission, many.admission);
  Print("its end", few.end, many.end);
  Print("refusal", few.refusal, many.refusal);
  const double ratio = Median(many.admission) / Median(few.admission);
  std::printf("wanted: admission at most %.1f times%s\n", kMost,
              ratio <= kMost ? "" : ": MISSED");
  return 0;
}
