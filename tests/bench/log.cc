// What the event log costs a launch: its three events, one after the other, in
// a directory that is given. Run by hand.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "audit/log.h"

namespace {

using namespace ringfence;

double CpuUs() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 +
           static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench_log DIR LAUNCHES\n", stderr);
    return 2;
  }
  const int launches = std::atoi(argv[2]);
  auto place = audit::OpenCopy(argv[1]);
  if (!place || launches <= 0) return 2;
  place->checked = true;
  place->owner = model::HostUid(::geteuid());
  place->mode = 0600;
  place->segment_bytes = 1u << 20;
  const std::string who = "\"name\":\"one\",\"level\":\"public\"";
  const audit::Entry entries[] = {
      {audit::Kind::kLaunch, who + ",\"program\":\"/usr/bin/true\""},
      {audit::Kind::kStarted, who + ",\"protections\":[{\"detail\":\"" +
                                  std::string(1700, 'x') + "\"}]"},
      {audit::Kind::kEnd, who + ",\"cause\":\"exited\",\"value\":0"}};
  const auto began = std::chrono::steady_clock::now();
  const double cpu = CpuUs();
  for (int i = 0; i < launches; ++i) {
    for (const audit::Entry& entry : entries) {
      const auto logged = audit::AppendTo(*place, std::span(&entry, 1));
      if (!logged) {
        std::fprintf(stderr, "%s\n", audit::Describe(logged.error()).c_str());
        return 1;
      }
    }
  }
  const std::chrono::duration<double, std::micro> took =
      std::chrono::steady_clock::now() - began;
  std::printf("a launch: %.1f us of a processor, %.1f us in all\n",
              (CpuUs() - cpu) / launches, took.count() / launches);
  return 0;
}
