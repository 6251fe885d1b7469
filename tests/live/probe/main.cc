#include <fcntl.h>
#include <unistd.h>

#include <ctime>

#include "probe.h"

namespace probe {
namespace {

const Operation* Find(std::string_view name) {
  for (const auto operations : {CallOperations(), FileOperations(),
                                IsolationOperations(), ResourceOperations()}) {
    for (const Operation& operation : operations) {
      if (operation.name == name) return &operation;
    }
  }
  return nullptr;
}

void SleepFor(long seconds) {
  timespec left{.tv_sec = seconds, .tv_nsec = 0};
  while (::nanosleep(&left, &left) != 0) {
  }
}

void SpinFor(long seconds) {
  const time_t end = ::time(nullptr) + seconds;
  while (::time(nullptr) < end) {
  }
}

// False: there is no such operation.
bool Run(std::string_view text, bool outside) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view argument =
      colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (name == "id" && argument.empty()) {
    PrintIdentity();
    return true;
  }
  if (name == "sandbox" && argument.empty()) {
    PrintSandbox();
    return true;
  }
  if (name == "sweep") return Sweep(argument, outside);
  if (name == "witness") return Witness(argument);
  if (name == "sleep" || name == "spin") {
    const auto seconds = ParseValue(argument);
    if (!seconds) return false;
    name == "sleep" ? SleepFor(*seconds) : SpinFor(*seconds);
    WriteLine(text, "0");
    return true;
  }
  const Operation* operation = Find(name);
  if (operation == nullptr) return false;
  const auto attempt = operation->prepare(argument);
  if (!attempt) return false;
  WriteLine(text, RunInChild(*attempt));
  return true;
}

}  // namespace
}  // namespace probe

// Exit codes: 0 everything was tried, whatever came of it; 2 an operation does
// not exist or its argument makes no sense, and nothing after it was tried.
int main(int argc, char** argv) {
  bool outside = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = argv[i];
    if (text == "--outside") {
      outside = true;
    } else if (!probe::Run(text, outside)) {
      probe::WriteLine(text, "UNKNOWN");
      return 2;
    }
  }
  return 0;
}
