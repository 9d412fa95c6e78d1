// Writes the inputs that the corpora of the fuzzers began with, which the
// fuzzers then added to: write_seeds CORPUS_FOLDER, from the project's root.
// Arrays and state files are written there by hand.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/io/file_system.h"
#include "core/training/snapshot.h"
#include "saving/codec/index_table.h"
#include "saving/codec/stored_type.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/codec/trackable_object_graph.h"
#include "saving/format.h"
#include "tests/fuzz/input_parts.h"
#include "tests/saving/codec/memory_files.h"
#include "tests/saving/small_snapshot.h"

namespace cairn {
namespace {

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CAIRN_CHECK(file.good());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteSeed(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(DirectoryOf(path));
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  CAIRN_CHECK(file.good());
}

// The three forms of a bundle that tensor_bundle_fuzzer.cc knows.
void WriteBundleSeeds(const std::string& folder, const std::string& name,
                      const std::string& index, const std::string& data,
                      int shards) {
  const auto table = DecodeIndexTable(index);
  CAIRN_CHECK(table.ok());
  std::string entries;
  for (const auto& [key, value] : *table) {
    entries += InputPart(key, 1) + InputPart(value, 2);
  }
  const char more = static_cast<char>(shards == 2 ? 4 : 0);
  WriteSeed(absl::StrCat(folder, "/tensor_bundle/", name, "_file"),
            std::string(1, more) + InputPart(index, 3) + data);
  for (const char form : {1, 2}) {
    WriteSeed(absl::StrCat(folder, "/tensor_bundle/", name, "_entries",
                           static_cast<int>(form)),
              std::string(1, static_cast<char>(form | more)) +
                  InputPart(entries, 3) + data);
  }
}

// What snapshot_fuzzer.cc makes this bundle of.
void WriteSnapshotSeed(const std::string& path, FileSystem& files,
                       const std::string& prefix) {
  const auto reader = BundleReader::Open(files, prefix);
  CAIRN_CHECK(reader.ok());
  std::string seed;
  for (const BundleEntry& entry : (*reader)->entries()) {
    if (entry.is_string()) {
      const auto texts = (*reader)->ReadStrings(entry);
      CAIRN_CHECK(texts.ok() && texts->size() == 1);
      seed += std::string(1, '\0') + InputPart(entry.key, 1) +
              InputPart((*texts)[0], 2);
      continue;
    }
    const auto tensor = (*reader)->ReadTensor(entry);
    CAIRN_CHECK(tensor.ok());
    const absl::string_view bytes(
        reinterpret_cast<const char*>(tensor->bytes().data()),
        tensor->bytes().size());
    const char type = tensor->dtype() == DType::kInt64 ? 4 : 8;
    seed +=
        std::string(1, type) + InputPart(entry.key, 1) + InputPart(bytes, 2);
  }
  WriteSeed(path, seed);
}

void WriteGraphSeed(const std::string& path, FileSystem& files,
                    const std::string& prefix) {
  const auto reader = BundleReader::Open(files, prefix);
  CAIRN_CHECK(reader.ok());
  const BundleEntry* const entry = (*reader)->Find(kObjectGraphKey);
  CAIRN_CHECK(entry != nullptr);
  WriteSeed(path, (*reader)->ReadStrings(*entry)->at(0));
}

void WriteSeeds(const std::string& folder) {
  MemoryFiles files;
  const Format& format = *FindFormat("tf_checkpoint");
  CAIRN_CHECK(format.Write(SmallSnapshot(3), "small", {.files = &files}).ok());
  WriteBundleSeeds(folder, "small", files.contents["small.index"],
                   files.contents["small.data-00000-of-00001"], 1);
  WriteSnapshotSeed(folder + "/snapshot/small", files, "small");
  WriteGraphSeed(folder + "/object_graph/small", files, "small");
  // With an architecture that is packed: as large as may be, of many values.
  Snapshot packed = SmallSnapshot(3);
  packed.architecture = Config(Config::List(300'000, Config(int64_t{0})));
  CAIRN_CHECK(format.Write(packed, "packed", {.files = &files}).ok());
  WriteSnapshotSeed(folder + "/snapshot/packed", files, "packed");

  const std::string bundles = "tests/testdata/bundles/";
  for (const std::string name : {"types", "variant"}) {
    WriteBundleSeeds(folder, name, ReadWhole(bundles + name + ".index"),
                     ReadWhole(bundles + name + ".data-00000-of-00001"), 1);
  }
  WriteBundleSeeds(folder, "sharded", ReadWhole(bundles + "sharded.index"),
                   ReadWhole(bundles + "sharded.data-00000-of-00002"), 2);
  FileSystem& disk = FileSystem::Default();
  const std::string keras = "tests/testdata/keras_checkpoints/";
  for (const std::string name :
       {"keras2_mlp_adam", "keras3_mlp_adam", "keras2_mlp_sgd"}) {
    WriteGraphSeed(absl::StrCat(folder, "/object_graph/", name), disk,
                   absl::StrCat(keras, name, "/ckpt-1"));
  }
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_seeds CORPUS_FOLDER\n", stderr);
    return 2;
  }
  cairn::WriteSeeds(argv[1]);
}
