#include "sepol/link.h"

#include <sepol/cil/cil.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace ringfence::sepol {
namespace {

constexpr std::string_view kBase = "base policy";
// A complaint about one rule lists every pair of types that it means.
constexpr size_t kMaxComplaint = 4 * 1024;

// What the log's handler is given has no place for an owner.
std::string* g_complaint = nullptr;

void Complain(int, const char* text) {
  if (g_complaint->size() < kMaxComplaint) *g_complaint += text;
}

class Complaint {
 public:
  Complaint() {
    g_complaint = &text_;
    cil_set_log_level(CIL_ERR);
    cil_set_log_handler(&Complain);
  }
  ~Complaint() { g_complaint = nullptr; }
  Complaint(const Complaint&) = delete;
  Complaint& operator=(const Complaint&) = delete;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Destroy {
  void operator()(cil_db_t* db) const { cil_db_destroy(&db); }
};
using Db = std::unique_ptr<cil_db_t, Destroy>;

}  // namespace

Rejection Place(const std::string& text, const std::vector<Module>& modules) {
  Rejection rejection{.why = text, .module = "", .line = 0};
  while (rejection.why.ends_with('\n')) rejection.why.pop_back();
  size_t best = std::string::npos;
  const auto take = [&](size_t at, size_t digits, const Module& module) {
    size_t line = 0;
    std::from_chars(text.data() + digits, text.data() + text.size(), line);
    if (line == 0 || at >= best) return;
    best = at;
    rejection.module = module.name;
    rejection.line = line;
  };
  for (const Module& module : modules) {
    const std::string before = module.name + ":";
    if (const size_t at = text.find(before); at != std::string::npos) {
      take(at, at + before.size(), module);
    }
    const std::string behind = " of " + module.name;
    const size_t of = text.find(behind);
    const size_t at = of == std::string::npos ? of : text.rfind("line ", of);
    if (at != std::string::npos) take(at, at + 5, module);
  }
  return rejection;
}

std::expected<void, Rejection> Link(const std::vector<Module>& modules,
                                    std::string_view base) {
  const Complaint complaint;
  cil_db_t* raw = nullptr;
  cil_db_init(&raw);
  const Db db(raw);
  bool good = cil_add_file(db.get(), std::string(kBase).c_str(), base.data(),
                           base.size()) == SEPOL_OK;
  for (const Module& module : modules) {
    good =
        good && cil_add_file(db.get(), module.name.c_str(), module.text.data(),
                             module.text.size()) == SEPOL_OK;
  }
  good = good && cil_compile(db.get()) == SEPOL_OK;
  sepol_policydb_t* policy = nullptr;
  good = good && cil_build_policydb(db.get(), &policy) == SEPOL_OK;
  sepol_policydb_free(policy);
  if (good) return {};
  return std::unexpected(Place(complaint.text(), modules));
}

}  // namespace ringfence::sepol
