#include "compile/idmap.h"

namespace ringfence::compile {

std::string CompileIdMap(const model::User& user) {
  return "uid: " + std::to_string(user.uid.value) + " CALLER 1\n" +
         "gid: " + std::to_string(user.gid.value) + " CALLER 1\n";
}

}  // namespace ringfence::compile
