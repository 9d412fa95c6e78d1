#ifndef CAIRN_TESTS_SUPPORT_MLP3_H_
#define CAIRN_TESTS_SUPPORT_MLP3_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace cairn {

// The ways of building a model: "Functional", "Sequential", "subclassed".
const std::vector<std::string>& Mlp3Kinds();

// 784 - 64 - 64 - 10, of that kind, built, with first values of `seed`: 55,050
// parameters. The kinds have one path for each weight, and different edges.
std::unique_ptr<Model> MakeMlp3(const std::string& kind, uint64_t seed,
                                const std::vector<std::string>& names = {
                                    "dense_1", "dense_2", "predictions"});

}  // namespace cairn

#endif  // CAIRN_TESTS_SUPPORT_MLP3_H_
