// The files that one compilation writes into one folder: all of them or none.
//
//   OutputFolder output("out");
//   output.Add("web.rfb", bytes);
//   if (!output.Finish("web", profiles)) return 3;
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bundle/bundle.h"
#include "model/confinement.h"

namespace ringfence::cli {

class OutputFolder {
 public:
  explicit OutputFolder(std::string folder) : folder_(std::move(folder)) {}

  void Add(const std::string& name, std::string_view bytes);
  // That the filter for calls of `arch`, `file`, answers every call as the
  // policy does from which it was compiled.
  void AddProof(const std::string& file, uint32_t arch,
                const bundle::FilterProof& proof);
  // Makes the folder if there is none, and writes manifest.json, with the
  // digests of all files, and them. Where one cannot be written that is said,
  // and what was there before stays as it was.
  [[nodiscard]] bool Finish(const std::string& name,
                            const std::vector<model::ProfileFile>& profiles);

 private:
  std::string folder_;
  std::vector<std::pair<std::string, std::string>> files_;  // name, bytes
  nlohmann::json manifest_ = nlohmann::json::object();
  nlohmann::json proofs_ = nlohmann::json::array();
};

}  // namespace ringfence::cli
