#include "report/html_text.h"

#include <algorithm>

#include "report/markup.h"

namespace ringfence::report {

std::string Safe(const Json& text) {
  return Markup(text.get_ref<const std::string&>());
}

std::string Code(const Json& text) { return "<code>" + Safe(text) + "</code>"; }

std::string Where(const Json& place) {
  if (place["file"] == "") return "Ringfence itself";
  return "<code>" + Safe(place["file"]) + ":" +
         std::to_string(place["line"].get<size_t>()) + "</code>";
}

std::string Joined(const Json& texts, std::string_view between) {
  std::string out;
  for (const Json& text : texts) {
    if (!out.empty()) out += between;
    out += Safe(text);
  }
  return out;
}

std::string Words(const Json& texts) {
  return "<code>" + Joined(texts, " ") + "</code>";
}

std::string StateMark(const std::string& state) {
  struct Look {
    std::string_view state;
    std::string_view style;
  };
  static constexpr std::array kLooks = {
      Look{"holds", "good"},     Look{"proved", "good"},
      Look{"inside", "good"},    Look{"stopped", "good"},
      Look{"current", "good"},   Look{"counts", "good"},
      Look{"fails", "bad"},      Look{"THROUGH", "bad"},
      Look{"expired", "bad"},    Look{"lasts too long", "bad"},
      Look{"overdue", "bad"},    Look{"undecided", "warn"},
      Look{"waived", "warn"},    Look{"warning", "warn"},
      Look{"ends soon", "warn"}, Look{"documented", "none"}};
  const auto* look = std::ranges::find(kLooks, state, &Look::state);
  const std::string_view style = look != kLooks.end() ? look->style : "none";
  return "<span class=\"state s-" + std::string(style) + "\">" + Safe(state) +
         "</span>";
}

Table::Table(std::vector<std::string> heads, const std::string& caption,
             std::string style)
    : heads_(std::move(heads)), style_(std::move(style)) {
  // What may be wider than the screen has to be reachable by the keyboard.
  const bool wide = style_ == "cells";
  out_ =
      "<div class=\"scroll\"" +
      (wide ? " role=\"region\" tabindex=\"0\" aria-label=\"" + caption + "\""
            : std::string()) +
      ">\n<table class=\"" + style_ + "\">\n<caption>" + caption +
      "</caption>\n<thead><tr>";
  for (const std::string& head : heads_) {
    out_ += "<th scope=\"col\">" + head + "</th>";
  }
  out_ += "</tr></thead>\n<tbody>\n";
}

void Table::Row(const std::vector<std::string>& cells) {
  out_ += "<tr><th scope=\"row\">" + cells.front() + "</th>";
  for (size_t i = 1; i < cells.size(); ++i) {
    out_ += "<td data-label=\"" + heads_[i] + "\">" + cells[i] + "</td>";
  }
  out_ += "</tr>\n";
}

std::string Table::Take() { return out_ + "</tbody>\n</table>\n</div>\n"; }

}  // namespace ringfence::report
