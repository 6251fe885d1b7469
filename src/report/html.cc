#include <string>

#include "report/html_style.h"
#include "report/html_text.h"
#include "report/report.h"

namespace ringfence::report {
namespace {

using Text = std::string;

class Page {
 public:
  explicit Page(const Json& report) : report_(report) {}

  std::string Write() {
    out_ =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta "
        "charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
        "'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<title>Confinement report, " +
        Safe(report_["scope"]) + ", " + Safe(report_["today"]) +
        "</title>\n<style>" + kStyle +
        "</style>\n</head>\n<body>\n<div class=\"page\">\n";
    Head();
    out_ += "<main>\n";
    Claims();
    Contents();
    Controls();
    Levels();
    Proofs();
    OrderMatrix();
    Gates();
    Waivers();
    Escapes();
    Log();
    Notes();
    out_ += "</main>\n<footer><p>Made by <code>ringfence report</code> ";
    out_ += Safe(report_["ringfence"]);
    out_ +=
        ". The same input and the same day give the same bytes. What the words "
        "mean, and what this report does not show, is in docs/report.md of "
        "Ringfence.</p></footer>\n</div>\n</body>\n</html>\n";
    return out_;
  }

 private:
  void Head() {
    out_ +=
        "<header>\n<p class=\"kicker\">Ringfence</p>\n<h1>Confinement "
        "report</h1>\n<p class=\"quiet\">What " +
        Safe(report_["scope"]) +
        " confines, what of it is proved, and what is not.</p>\n<dl "
        "class=\"meta\">\n";
    Meta("Judged by the day", Safe(report_["today"]));
    Meta("Levels", std::to_string(report_["levels"].size()));
    if (!report_["workloads"].empty()) {
      Meta("Workloads", std::to_string(report_["workloads"].size()));
    }
    Meta("Ringfence", Safe(report_["ringfence"]));
    for (const Json& one : report_["host"]) {
      Meta(Safe(one["name"]), Safe(one["value"]));
    }
    out_ += "</dl>\n</header>\n";
  }

  void Meta(const Text& name, const Text& value) {
    out_ += "<div><dt>" + name + "</dt><dd>" + value + "</dd></div>\n";
  }

  void Claims() {
    const std::string verdict = report_["summary"]["verdict"];
    out_ += "<div class=\"verdict " + verdict + "\"><p class=\"big\">";
    if (verdict == "holds") {
      out_ += "Everything that was claimed and tried holds.";
    } else if (verdict == "fails") {
      out_ += "Something that was claimed does not hold.";
    } else {
      out_ += "Something that was claimed is neither proved nor refuted.";
    }
    out_ += "</p></div>\n<div class=\"claims\">\n";
    List("What does not hold, or is not shown", false);
    List("What holds", true);
    out_ += "</div>\n";
  }

  void List(const char* title, bool holds) {
    std::string items;
    for (const Json& one : report_["summary"]["statements"]) {
      if ((one["state"] == "holds") != holds) continue;
      items += "<li>" + StateMark(one["state"]) + "<a href=\"#" +
               Safe(one["section"]) + "\">" + Safe(one["text"]) + "</a></li>\n";
    }
    if (items.empty()) items = "<li>" + StateMark("none") + "Nothing</li>\n";
    out_ += std::string("<section><h2>") + title + "</h2>\n<ul>\n" + items +
            "</ul></section>\n";
  }

  void Contents() {
    out_ += "<nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n";
    for (const auto& [id, title] : kSections) {
      out_ +=
          std::string("<li><a href=\"#") + id + "\">" + title + "</a></li>\n";
    }
    out_ += "</ol>\n</nav>\n";
  }

  void Section(const char* id) {
    for (const auto& [own, title] : kSections) {
      if (std::string_view(own) == id) {
        out_ += std::string("<h2 id=\"") + id + "\">" + title + "</h2>\n";
      }
    }
  }

  void Say(const char* text) {
    out_ += std::string("<p class=\"quiet\">") + text + "</p>\n";
  }

  void Controls() {
    Section("controls");
    Say("The evidence for each control, and where there is none, why. A rule "
        "of a gate is evidence where it was tried on these files; a test or "
        "document is evidence about Ringfence itself, and was not run for this "
        "report.");
    for (const Json& standard : report_["controls"]) {
      Table table({"Control", "What it asks for", "State", "Evidence"},
                  Safe(standard["name"]) + " " + "<span class=\"quiet\">" +
                      Safe(standard["edition"]) + "</span>",
                  "stack");
      for (const Json& one : standard["controls"]) {
        std::string evidence;
        for (const Json& piece : one["evidence"]) {
          evidence +=
              "<li>" + StateMark(piece["state"]) + " " + Safe(piece["text"]);
          if (piece["place"] != "") {
            evidence += " <code>" + Safe(piece["place"]) + "</code>";
          }
          evidence += "</li>";
        }
        if (!evidence.empty()) evidence = "<ul>" + evidence + "</ul>";
        if (one.contains("why")) evidence += Safe(one["why"]);
        table.Row({Safe(one["id"]), Safe(one["title"]), StateMark(one["state"]),
                   evidence});
      }
      out_ += table.Take();
    }
  }

  void Levels() {
    Section("levels");
    if (report_["levels"].empty()) Say("There is no trust level.");
    for (const Json& level : report_["levels"]) Level(level);
    if (report_["workloads"].empty()) return;
    Table table({"Workload", "Level", "File"}, "Workloads", "stack");
    for (const Json& one : report_["workloads"]) {
      table.Row({Safe(one["name"]), Safe(one["level"]), Code(one["file"])});
    }
    out_ += table.Take();
  }

  void Level(const Json& level) {
    out_ += "<section class=\"level\">\n<h3>" + Safe(level["name"]) +
            "</h3>\n<p class=\"quiet\">" + Code(level["file"]);
    for (size_t i = 1; i < level["chain"].size(); ++i) {
      out_ += (i == 1 ? ", which extends " : ", which extends ") +
              Safe(level["chain"][i]);
    }
    out_ += "</p>\n<dl class=\"bounds\">\n";
    for (const Json& one : level["bounds"]) {
      out_ += "<dt>" + Safe(one["name"]) + "</dt><dd>" + Safe(one["value"]) +
              "</dd>\n";
    }
    out_ += "</dl>\n";
    const std::string of = " by " + Safe(level["name"]);
    Table allowed({"Entry", "Calls", "Allowed at"},
                  "System calls always allowed" + of + ", x86_64", "stack");
    for (const Json& one : level["allowed"]) {
      allowed.Row({Code(one["entry"]), Words(one["calls"]), Where(one["at"])});
    }
    out_ += allowed.Take();
    if (!level["conditional"].empty()) {
      Table rules({"Call", "Allowed where", "Otherwise", "Decided at"},
                  "Arguments that count" + of, "stack");
      for (const Json& one : level["conditional"]) {
        std::string lines;
        for (const Json& rule : one["rules"]) lines += Safe(rule) + "\n";
        rules.Row({Code(one["call"]), "<pre>" + lines + "</pre>",
                   Safe(one["otherwise"]), Where(one["at"])});
      }
      out_ += rules.Take();
    }
    Table denied({"Answer", "Calls"}, "System calls denied" + of, "stack");
    for (const Json& one : level["denied"]) {
      denied.Row({Safe(one["answer"]), Words(one["calls"])});
    }
    out_ += denied.Take();
    if (!level["dangerous"].empty()) {
      Table dangerous({"Call", "Review by", "State"},
                      "Dangerous calls allowed for a reason" + of, "stack");
      for (const Json& one : level["dangerous"]) {
        dangerous.Row(
            {Code(one["call"]), Safe(one["review_by"]),
             StateMark(one["overdue"] == true ? "overdue" : "current")});
      }
      out_ += dangerous.Take();
    }
    for (const Json& one : level["tests"]["failed"]) {
      out_ += "<p>" + StateMark("fails") + " its test " + Code(one) +
              " does not hold</p>\n";
    }
    Table sources({"File", "BLAKE2b-256"}, "Files read" + of, "stack");
    for (const Json& one : level["sources"]) {
      sources.Row({Code(one["file"]), Code(one["blake2b"])});
    }
    out_ += sources.Take() + "</section>\n";
  }

  void Proofs() {
    Section("proofs");
    Say("Each filter is compared with the profile it was compiled from, for "
        "all "
        "call numbers, architectures and values of arguments. The digests name "
        "both sides of the claim; a bundle carries the same.");
    Table table({"Level", "Architecture", "State", "Instructions",
                 "Digests, BLAKE2b-256"},
                "Filters and what was proved of them", "stack");
    for (const Json& one : report_["proofs"]) {
      std::string digests = "source " + Code(one["source_blake2b"]) +
                            "<br>filter " + Code(one["filter_blake2b"]);
      if (one["detail"] != "") digests += "<br>" + Safe(one["detail"]);
      table.Row({Safe(one["level"]), Safe(one["architecture"]),
                 StateMark(one["state"]),
                 std::to_string(one["instructions"].get<size_t>()), digests});
    }
    out_ += table.Take();
  }

  void OrderMatrix() {
    Section("order");
    Say("Whether the level of the row is nowhere looser than the level of the "
        "column: in system calls by proof, in the other bounds by comparison. "
        "Where a level extends another it must be.");
    std::vector<std::string> heads = {"Level"};
    for (const Json& level : report_["levels"]) {
      heads.push_back("inside " + Safe(level["name"]));
    }
    Table table(heads, "Order of the levels", "cells");
    std::string why;
    for (const Json& inner : report_["levels"]) {
      std::vector<std::string> cells = {Safe(inner["name"])};
      for (const Json& outer : report_["levels"]) {
        cells.push_back(Cell(inner["name"], outer["name"], why));
      }
      table.Row(cells);
    }
    out_ += table.Take();
    if (!why.empty()) out_ += "<h3>Why not</h3>\n<ul>\n" + why + "</ul>\n";
  }

  std::string Cell(const Json& inner, const Json& outer, std::string& why) {
    if (inner == outer) return "<span class=\"quiet\">same</span>";
    for (const Json& one : report_["order"]) {
      if (one["inner"] != inner || one["outer"] != outer) continue;
      if (one["detail"] != "") {
        why += "<li>" + Safe(inner) + " is not inside " + Safe(outer) + ": " +
               Safe(one["detail"]) + "</li>\n";
      }
      if (one["state"] == "holds") {
        return StateMark(one["claimed"] == true ? "proved" : "inside");
      }
      if (one["state"] == "undecided") return StateMark("undecided");
      return StateMark(one["claimed"] == true ? "fails" : "looser");
    }
    return "";
  }

  void Gates() {
    Section("gates");
    const Json& gates = report_["gates"];
    if (!gates["findings"].empty()) {
      Table table({"Finding", "State", "Of", "What"}, "Findings", "stack");
      for (const Json& one : gates["findings"]) {
        std::string what = Safe(one["message"]);
        if (one["at"]["line"] != 0) what += "<br>" + Where(one["at"]);
        if (one["waived"] != "") what += "<br>" + Safe(one["waived"]);
        table.Row({Safe(one["rule"]) + " <span class=\"quiet\">" +
                       Safe(one["id"]) + "</span>",
                   StateMark(one["state"]), Code(one["file"]), what});
      }
      out_ += table.Take();
    }
    Table table({"Rule", "State", "Tried", "Reason"}, "Rules of the gates",
                "stack");
    for (const Json& one : gates["rules"]) {
      std::string reason = Safe(one["reason"]);
      if (!one["controls"].empty()) {
        reason += "<br><span class=\"quiet\">" + Joined(one["controls"], ", ") +
                  "</span>";
      }
      table.Row({Safe(one["id"]), StateMark(one["state"]),
                 std::to_string(one["tried"].get<size_t>()), reason});
    }
    out_ += table.Take();
  }

  void Waivers() {
    Section("waivers");
    if (report_["waivers"].empty()) return Say("Nothing is waived.");
    if (report_["waivers_count"] == false) {
      Say("They were told not to count for this report.");
    }
    Table table(
        {"Rule", "For", "State", "Until", "Why, and who answers for it"},
        "Waivers", "stack");
    for (const Json& one : report_["waivers"]) {
      table.Row({Safe(one["rule"]), Code(one["subject"]),
                 StateMark(one["state"]), Safe(one["expires"]),
                 Safe(one["reason"]) + "<br><span class=\"quiet\">" +
                     Safe(one["owner"]) + ", " + Safe(one["ticket"]) +
                     "</span>"});
    }
    out_ += table.Take();
  }

  void Escapes() {
    Section("escapes");
    if (report_["escapes"].empty()) {
      return Say(
          "No results were given. <code>ringfence attack LEVEL --format "
          "json</code> makes them, and <code>--escapes FILE</code> puts "
          "them here.");
    }
    for (const Json& escape : report_["escapes"]) {
      Table table(
          {"Technique", "Surface", "State", "Inside", "Outside", "Stopped by"},
          "Attempts on " + Safe(escape["subject"]), "stack");
      for (const Json& one : escape["techniques"]) {
        table.Row({Safe(one["name"]), Safe(one["surface"]),
                   StateMark(one["verdict"]), Safe(one["inside"]),
                   Safe(one["outside"]), Safe(one["layer"])});
      }
      out_ += table.Take();
    }
  }

  void Log() {
    Section("log");
    const Json& log = report_["log"];
    if (log.is_null()) return Say("No event log was read.");
    out_ += "<p>" + StateMark(log["state"]) + " " + Code(log["path"]) + ", " +
            std::to_string(log["events"].get<size_t>()) +
            " events; the last has the digest " + Code(log["last_digest"]) +
            "</p>\n";
    for (const Json& one : log["broken"]) {
      out_ += "<p>" + StateMark("fails") + " " + Safe(one) + "</p>\n";
    }
    if (log["left_off"] != 0) {
      out_ += "<p class=\"quiet\">" +
              std::to_string(log["left_off"].get<size_t>()) +
              " older events are not listed.</p>\n";
    }
    Table table({"Event", "When", "Kind", "Workload", "Level", "What"},
                "Launches, refusals, denials and ends", "stack log");
    for (const Json& one : log["shown"]) {
      table.Row({std::to_string(one["seq"].get<uint64_t>()), Safe(one["at"]),
                 Safe(one["kind"]), Safe(one["name"]), Safe(one["level"]),
                 Safe(one["detail"])});
    }
    if (!log["shown"].empty()) out_ += table.Take();
  }

  void Notes() {
    Section("notes");
    if (report_["notes"].empty()) return Say("Nothing was passed over.");
    out_ += "<ul>\n";
    for (const Json& one : report_["notes"]) {
      out_ += "<li>" + Safe(one) + "</li>\n";
    }
    out_ += "</ul>\n";
  }

  const Json& report_;
  std::string out_;
};

}  // namespace

std::string Html(const Json& report) { return Page(report).Write(); }

}  // namespace ringfence::report
