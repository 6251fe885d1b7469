#include "sepol/link.h"

namespace ringfence::sepol {
namespace {

constexpr char kBaseText[] =
#include "sepol/base.inc"
    ;
constexpr int kCategories = 1024;

}  // namespace

std::string TinyBase() {
  std::string text(kBaseText);
  std::string names;
  for (int i = 0; i < kCategories; ++i) {
    const std::string name = "c" + std::to_string(i);
    text += "(category " + name + ")\n";
    names += " " + name;
  }
  return text + "(categoryorder (" + names +
         "))\n(sensitivitycategory s0 (range c0 c" +
         std::to_string(kCategories - 1) + "))\n";
}

}  // namespace ringfence::sepol
