// What an admission costs beside 1,000 running sandboxes, against an empty
// host: measured in turn, medians, and their ratio.
//
//   build/dev/bin/bench_admission [ROUNDS]
//
// An admission is Ledger::Admit and the release of the claim, on a ledger of
// this user's below /tmp. The sandboxes are claims of one class, each with an
// open file description of its own, as running ones have.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
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

  admit::Claim Admit(const std::string& name) const {
    const model::HostUid uid(::geteuid());
    const auto ledger = admit::Ledger::OpenBelow(run_.get(), uid, {});
    if (!ledger) Fail(admit::Describe(ledger.error()));
    const admit::Request request{
        .level = {.name = "public"}, .name = name, .uid = uid};
    auto claim = ledger->Admit(request);
    if (!claim) Fail(admit::Describe(claim.error(), request));
    return *std::move(claim);
  }
  double Measure() const {
    const double start = NowUs();
    if (!Admit("measured").Release()) Fail("Release");
    return NowUs() - start;
  }

 private:
  std::string path_ = "/tmp/ringfence-bench-XXXXXX";
  UniqueFd run_;
};

double Median(std::vector<double> values) {
  std::ranges::nth_element(
      values, values.begin() + static_cast<long>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 500;
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const Host empty;
  const Host full;
  std::vector<admit::Claim> held;
  for (size_t i = 0; i < kHeld; ++i) {
    held.push_back(full.Admit("held-" + std::to_string(i)));
  }
  std::vector<double> with_none;
  std::vector<double> with_held;
  for (int i = 0; i < rounds; ++i) {
    with_none.push_back(empty.Measure());
    with_held.push_back(full.Measure());
  }
  const double none = Median(with_none);
  const double many = Median(with_held);
  std::printf("admission on an empty host     %8.1f us\n", none);
  std::printf("admission beside %zu sandboxes %8.1f us\n", kHeld, many);
  std::printf("ratio                          %8.2f (wanted: at most %.1f)%s\n",
              many / none, kMost, many / none <= kMost ? "" : "  MISSED");
  return 0;
}
