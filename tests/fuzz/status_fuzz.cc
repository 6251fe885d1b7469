// What is remembered of a workload. As a reader: any bytes are refused, or told
// without a control character. As a writer: any texts make an object that is
// read back as they were.
#include <string>
#include <vector>

#include "base/check.h"
#include "cli/history.h"
#include "input.h"
#include "launch/account.h"
#include "launch/text.h"

namespace {

using nlohmann::json;
using ringfence::Check;
namespace cli = ringfence::cli;
namespace launch = ringfence::launch;

void CheckPrintable(const std::string& text) {
  for (const char c : text) {
    Check(c == '\n' || (c >= 0x20 && c < 0x7f), "what a terminal acts on");
  }
}

// As `ringfence inspect` tells it.
void Tell(const json& account) {
  for (const bool running : {false, true}) {
    CheckPrintable(cli::DescribeEnd({account, running}));
  }
  for (const char* key : {"name", "level", "tenant", "scope", "program"}) {
    CheckPrintable(cli::TextOf(account, key));
    CheckPrintable(cli::LinesOf(account, key));
  }
  CheckPrintable(cli::DescribeTime(cli::NumberOf(account, "began_ms")));
  for (const json& protection : cli::PartOf(account, "protections")) {
    CheckPrintable(cli::TextOf(protection, "detail"));
  }
  for (const json& denial :
       cli::PartOf(cli::PartOf(account, "denied"), "last")) {
    CheckPrintable(cli::DescribeDenial(denial));
    CheckPrintable(cli::DescribeTime(cli::NumberOf(denial, "last_ms")));
  }
}

void Write(const std::vector<std::string>& texts) {
  ringfence::bundle::Bundle bundle;
  bundle.name = texts[0];
  bundle.level.name = texts[1];
  bundle.command = {texts[2]};
  launch::Account account(bundle, ringfence::admit::Scope::kUser);
  account.Started(7, {{texts[3], launch::Enforcement::kReadBack, texts[4]}});
  account.Refused({launch::ExitCode::kInput, texts[5], texts[6]});
  const json read = json::parse(account.Text(nullptr), nullptr, false);
  Check(read.is_object(), "what was written is no object");
  // Bytes become characters of the same number.
  const auto equals = [](const json& value, const std::string& text) {
    std::string bytes;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80) bytes += static_cast<char>(0xC0 | byte >> 6);
      bytes += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3f)) : c;
    }
    return value == json(bytes);
  };
  Check(equals(read["name"], texts[0]), "the name is another one");
  Check(equals(read["level"], texts[1]), "the level is another one");
  Check(equals(read["program"], texts[2]), "the program is another one");
  Check(equals(read["protections"][0]["detail"], texts[4]),
        "the detail is another one");
  Check(equals(read["refused"]["why"], texts[5]), "the reason is another one");
  Tell(read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const json account = json::parse(text, nullptr, false);
  if (account.is_object()) Tell(account);
  std::vector<std::string> texts(7);
  for (size_t i = 0; i < size; ++i) texts[i % texts.size()] += text[i];
  Write(texts);
  return 0;
}
