#include <string>
#include <vector>

#include "report/report.h"

namespace ringfence::report {
namespace {

// As text of a table's cell: no markup, no link, no HTML, one line.
std::string Plain(const Json& text) {
  std::string out;
  for (const char c : text.get_ref<const std::string&>()) {
    if (std::string_view("\\`*_{}[]()#+!|~").contains(c)) {
      out += '\\';
      out += c;
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Number(const Json& number) {
  return std::to_string(number.get<uint64_t>());
}

std::string Where(const Json& place) {
  if (place["file"] == "") return "Ringfence itself";
  return Plain(place["file"]) + ":" + Number(place["line"]);
}

std::string Joined(const Json& texts, const char* between) {
  std::string out;
  for (const Json& text : texts) {
    if (!out.empty()) out += between;
    out += Plain(text);
  }
  return out;
}

std::string Row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string Head(const std::vector<std::string>& cells) {
  std::string out = "\n" + Row(cells) + "|";
  for (size_t i = 0; i < cells.size(); ++i) out += "---|";
  return out + "\n";
}

std::string Summary(const Json& report) {
  const std::string verdict = report["summary"]["verdict"];
  std::string out = verdict == "holds"
                        ? "**Everything that was claimed and tried holds.**\n"
                    : verdict == "fails"
                        ? "**Something that was claimed does not hold.**\n"
                        : "**Something that was claimed is neither proved nor "
                          "refuted.**\n";
  for (const bool holds : {false, true}) {
    out += holds ? "\n## What holds\n\n"
                 : "\n## What does not hold, or is not shown\n\n";
    bool any = false;
    for (const Json& one : report["summary"]["statements"]) {
      if ((one["state"] == "holds") != holds) continue;
      any = true;
      out += "- " + Plain(one["state"]) + ": " + Plain(one["text"]) + "\n";
    }
    if (!any) out += "Nothing.\n";
  }
  return out;
}

std::string Controls(const Json& report) {
  std::string out = "\n## Controls and their evidence\n";
  for (const Json& standard : report["controls"]) {
    out += "\n### " + Plain(standard["name"]) + " " +
           Plain(standard["edition"]) + "\n" +
           Head({"Control", "What it asks for", "State", "Evidence"});
    for (const Json& one : standard["controls"]) {
      std::string evidence;
      for (const Json& piece : one["evidence"]) {
        if (!evidence.empty()) evidence += "<br>";
        evidence += Plain(piece["state"]) + ": " + Plain(piece["text"]);
        if (piece["place"] != "")
          evidence += " (" + Plain(piece["place"]) + ")";
      }
      if (one.contains("why")) {
        evidence += (evidence.empty() ? "" : "<br>") + Plain(one["why"]);
      }
      out += Row({Plain(one["id"]), Plain(one["title"]), Plain(one["state"]),
                  evidence});
    }
  }
  return out;
}

std::string LevelText(const Json& level) {
  std::string out =
      "\n### " + Plain(level["name"]) + "\n\n" + Plain(level["file"]) + "; " +
      Joined(level["chain"], " extends ") + "\n" + Head({"Bound", "Value"});
  for (const Json& one : level["bounds"]) {
    out += Row({Plain(one["name"]), Plain(one["value"])});
  }
  out += Head({"Always allowed by", "Calls, x86\\_64", "At"});
  for (const Json& one : level["allowed"]) {
    out +=
        Row({Plain(one["entry"]), Joined(one["calls"], " "), Where(one["at"])});
  }
  if (!level["conditional"].empty()) {
    out += Head({"Call", "Allowed where", "Otherwise", "At"});
    for (const Json& one : level["conditional"]) {
      out += Row({Plain(one["call"]), Joined(one["rules"], "<br>"),
                  Plain(one["otherwise"]), Where(one["at"])});
    }
  }
  out += Head({"Denied with", "Calls"});
  for (const Json& one : level["denied"]) {
    out += Row({Plain(one["answer"]), Joined(one["calls"], " ")});
  }
  if (!level["dangerous"].empty()) {
    out += Head({"Dangerous call", "Review by", "Overdue"});
    for (const Json& one : level["dangerous"]) {
      out += Row({Plain(one["call"]), Plain(one["review_by"]),
                  one["overdue"] == true ? "yes" : "no"});
    }
  }
  for (const Json& one : level["tests"]["failed"]) {
    out += "\nfails: its test " + Plain(one) + "\n";
  }
  out += Head({"File read", "BLAKE2b-256"});
  for (const Json& one : level["sources"]) {
    out += Row({Plain(one["file"]), Plain(one["blake2b"])});
  }
  return out;
}

std::string Levels(const Json& report) {
  std::string out = "\n## Levels and what they allow\n";
  for (const Json& level : report["levels"]) out += LevelText(level);
  if (report["workloads"].empty()) return out;
  out += Head({"Workload", "Level", "File"});
  for (const Json& one : report["workloads"]) {
    out += Row({Plain(one["name"]), Plain(one["level"]), Plain(one["file"])});
  }
  return out;
}

std::string Proofs(const Json& report) {
  std::string out =
      "\n## Proofs\n" + Head({"Level", "Architecture", "State", "Instructions",
                              "Source, BLAKE2b-256", "Filter, BLAKE2b-256"});
  for (const Json& one : report["proofs"]) {
    out += Row({Plain(one["level"]), Plain(one["architecture"]),
                Plain(one["state"]) +
                    (one["detail"] == "" ? "" : ": " + Plain(one["detail"])),
                Number(one["instructions"]), Plain(one["source_blake2b"]),
                Plain(one["filter_blake2b"])});
  }
  out += "\n## Order of the levels\n" +
         Head({"Level", "inside", "State", "Must be", "Why not"});
  for (const Json& one : report["order"]) {
    out += Row({Plain(one["inner"]), Plain(one["outer"]), Plain(one["state"]),
                one["claimed"] == true ? "yes" : "no", Plain(one["detail"])});
  }
  return out;
}

std::string Gates(const Json& report) {
  const Json& gates = report["gates"];
  std::string out = "\n## Gates\n";
  if (!gates["findings"].empty()) {
    out += Head({"Finding", "State", "Of", "What"});
    for (const Json& one : gates["findings"]) {
      out +=
          Row({Plain(one["rule"]) + " " + Plain(one["id"]), Plain(one["state"]),
               Plain(one["file"]),
               Plain(one["message"]) +
                   (one["waived"] == "" ? "" : "; " + Plain(one["waived"]))});
    }
  }
  out += Head({"Rule", "State", "Tried", "Reason", "Controls"});
  for (const Json& one : gates["rules"]) {
    out += Row({Plain(one["id"]), Plain(one["state"]), Number(one["tried"]),
                Plain(one["reason"]), Joined(one["controls"], ", ")});
  }
  out += "\n## Waivers\n";
  if (report["waivers"].empty()) return out + "\nNothing is waived.\n";
  out += Head({"Rule", "For", "State", "Until", "Owner", "Ticket", "Reason"});
  for (const Json& one : report["waivers"]) {
    out += Row({Plain(one["rule"]), Plain(one["subject"]), Plain(one["state"]),
                Plain(one["expires"]), Plain(one["owner"]),
                Plain(one["ticket"]), Plain(one["reason"])});
  }
  return out;
}

std::string Escapes(const Json& report) {
  std::string out = "\n## Escape attempts\n";
  if (report["escapes"].empty()) return out + "\nNo results were given.\n";
  for (const Json& escape : report["escapes"]) {
    out += "\n### " + Plain(escape["subject"]) + "\n" +
           Head({"Technique", "Surface", "State", "Inside", "Outside",
                 "Stopped by"});
    for (const Json& one : escape["techniques"]) {
      out += Row({Plain(one["name"]), Plain(one["surface"]),
                  Plain(one["verdict"]), Plain(one["inside"]),
                  Plain(one["outside"]), Plain(one["layer"])});
    }
  }
  return out;
}

std::string LogText(const Json& report) {
  const Json& log = report["log"];
  std::string out = "\n## What ran, and what was refused and denied\n\n";
  if (log.is_null()) return out + "No event log was read.\n";
  out += Plain(log["state"]) + ": " + Plain(log["path"]) + ", " +
         Number(log["events"]) + " events; the last has the digest " +
         Plain(log["last_digest"]) + "\n";
  for (const Json& one : log["broken"]) out += "\n- fails: " + Plain(one);
  if (log["left_off"] != 0) {
    out += "\n" + Number(log["left_off"]) + " older events are not listed.\n";
  }
  if (log["shown"].empty()) return out;
  out += Head({"Event", "When", "Kind", "Workload", "Level", "What"});
  for (const Json& one : log["shown"]) {
    out += Row({Number(one["seq"]), Plain(one["at"]), Plain(one["kind"]),
                Plain(one["name"]), Plain(one["level"]), Plain(one["detail"])});
  }
  return out;
}

}  // namespace

std::string Markdown(const Json& report) {
  std::string out = "# Confinement report\n\nWhat " + Plain(report["scope"]) +
                    " confines, judged by the day " + Plain(report["today"]) +
                    ", by Ringfence " + Plain(report["ringfence"]) + ".\n\n";
  out += Summary(report) + Controls(report);
  if (!report["host"].empty()) {
    out += "\n## Host\n" + Head({"What", "Value"});
    for (const Json& one : report["host"]) {
      out += Row({Plain(one["name"]), Plain(one["value"])});
    }
  }
  out += Levels(report) + Proofs(report) + Gates(report) + Escapes(report) +
         LogText(report) + "\n## What was passed over\n\n";
  if (report["notes"].empty()) out += "Nothing.\n";
  for (const Json& one : report["notes"]) out += "- " + Plain(one) + "\n";
  return out;
}

}  // namespace ringfence::report
