#include "cli/options.h"

#include "cli/complain.h"

namespace ringfence::cli {

void AddProfilesOption(CLI::App& app, std::string& profiles) {
  app.add_option("--profiles", profiles, "Look profiles up in this folder only")
      ->type_name("DIR");
}

void AddFormatOption(CLI::App& app, std::string& format) {
  app.add_option("--format", format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
}

std::optional<int> ParseOptions(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  return std::nullopt;
}

}  // namespace ringfence::cli
