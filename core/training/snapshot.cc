#include "core/training/snapshot.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/types/span.h"
#include "core/runtime/run_in_parallel.h"
#include "core/runtime/thread_team.h"
#include "core/tensor/aligned_buffer.h"

namespace cairn {

int ObjectGraph::Find(int node, absl::string_view edge) const {
  if (node < 0) return -1;
  const std::vector<Edge>& edges = nodes[node].edges;
  // The edges of a list, of which there may be thousands, are in order.
  size_t place = 0;
  if (absl::SimpleAtoi(edge, &place) && place < edges.size() &&
      edges[place].name == edge) {
    return edges[place].node;
  }
  for (const Edge& candidate : edges) {
    if (candidate.name == edge) return candidate.node;
  }
  return -1;
}

int64_t Snapshot::TensorBytes() const {
  int64_t bytes = 0;
  const auto add = [&](const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& tensor : tensors) {
      bytes += static_cast<int64_t>(ByteSize(tensor.value.spec()));
    }
  };
  add(*weights);
  add(*optimizer);
  for (const auto& [key, state] : extras) add(state.tensors);
  return bytes;
}

const Tensor* Snapshot::FindTensor(const std::string& name) const {
  for (const NamedTensors* list : {&weights, &optimizer}) {
    for (const NamedTensor& tensor : **list) {
      if (tensor.name == name) return &tensor.value;
    }
  }
  return nullptr;
}

void SnapshotBuffers::Follow(const NamedTensors& weights,
                             const NamedTensors& optimizer) {
  if (!pieces_.empty() && weights.SharesWith(weights_.source) &&
      optimizer.SharesWith(optimizer_.source)) {
    return;
  }
  std::vector<TensorSpec> missing;
  std::vector<Tensor*> places;
  const auto copies_of = [&](const NamedTensors& source,
                             const DetachedList& list) {
    std::vector<NamedTensor> copies = *source;
    for (size_t i = 0; i < copies.size(); ++i) {
      const TensorSpec spec = copies[i].value.spec();
      if (i < list.copy->size() && (*list.copy)[i].value.spec() == spec) {
        copies[i].value = (*list.copy)[i].value;
      } else {
        missing.push_back(spec);
        places.push_back(&copies[i].value);
      }
    }
    return copies;
  };
  std::vector<NamedTensor> weight_copies = copies_of(weights, weights_);
  std::vector<NamedTensor> optimizer_copies = copies_of(optimizer, optimizer_);
  const std::vector<Tensor> taken = Tensor::UnsetTogether(missing);
  for (size_t i = 0; i < taken.size(); ++i) *places[i] = taken[i];
  weights_ = {weights, std::move(weight_copies)};
  optimizer_ = {optimizer, std::move(optimizer_copies)};
  ListPieces();
}

bool SnapshotBuffers::Piece::Join(const Piece& next) {
  const std::byte* const end = from + size;
  if (next.from < end || next.from - from != next.to - to ||
      next.from - end >= static_cast<ptrdiff_t>(kBufferAlignment)) {
    return false;
  }
  size = static_cast<size_t>(next.from - from) + next.size;
  return true;
}

void SnapshotBuffers::ListPieces() {
  // Small enough that two threads share a state of a few megabytes evenly, and
  // no more tasks than a team takes.
  constexpr size_t kLargestPiece = size_t{1} << 18;
  constexpr size_t kMostTasks = 4096;
  size_t total = 0;
  for (const DetachedList* list : {&weights_, &optimizer_}) {
    for (const NamedTensor& tensor : *list->source) {
      total += ByteSize(tensor.value.spec());
    }
  }
  const size_t bytes_per_task = std::max(kLargestPiece, total / kMostTasks);
  pieces_.clear();
  tasks_ = {0};
  size_t bytes = 0;
  for (const DetachedList* list : {&weights_, &optimizer_}) {
    const Tensor* source_before = nullptr;
    const Tensor* copy_before = nullptr;
    for (size_t i = 0; i < list->source->size(); ++i) {
      const Tensor& source = (*list->source)[i].value;
      Tensor copy = (*list->copy)[i].value;
      const absl::Span<const std::byte> from = source.bytes();
      if (from.empty()) continue;
      std::byte* const to = copy.mutable_bytes().data();
      for (size_t at = 0; at < from.size(); at += kLargestPiece) {
        const Piece piece = {from.data() + at, to + at,
                             std::min(kLargestPiece, from.size() - at)};
        const bool is_task_empty = pieces_.size() == tasks_.back();
        if (is_task_empty || at > 0 || source_before == nullptr ||
            !source.SharesMemoryWith(*source_before) ||
            !copy.SharesMemoryWith(*copy_before) ||
            !pieces_.back().Join(piece)) {
          pieces_.push_back(piece);
        }
        bytes += piece.size;
        if (bytes < bytes_per_task) continue;
        tasks_.push_back(pieces_.size());
        bytes = 0;
      }
      source_before = &source;
      copy_before = &(*list->copy)[i].value;
    }
  }
  if (bytes > 0) tasks_.push_back(pieces_.size());
}

void SnapshotBuffers::CopyPieces(ThreadTeam* team) const {
  auto copy = [this](int64_t task) {
    for (size_t i = tasks_[task]; i < tasks_[task + 1]; ++i) {
      std::memcpy(pieces_[i].to, pieces_[i].from, pieces_[i].size);
    }
  };
  const auto tasks = static_cast<int64_t>(tasks_.size()) - 1;
  if (team != nullptr && team->threads() > 1) {
    const auto run = [](void* context, int task) {
      (*static_cast<decltype(copy)*>(context))(task);
    };
    team->Run(static_cast<int>(tasks), run, &copy);
    return;
  }
  RunInParallel(tasks, [&](int64_t task) {
    copy(task);
    return absl::OkStatus();
  }).IgnoreError();  // Copying cannot fail.
}

void Snapshot::Detach(SnapshotBuffers& buffers, ThreadTeam* team) {
  buffers.Follow(weights, optimizer);
  buffers.CopyPieces(team);
  weights = buffers.weights_.copy;
  optimizer = buffers.optimizer_.copy;
  for (auto& [key, state] : extras) {
    std::vector<Tensor>& copies = buffers.extras_[key];
    copies.resize(state.tensors.size());
    for (size_t i = 0; i < copies.size(); ++i) {
      Tensor& value = state.tensors[i].value;
      if (copies[i].spec() != value.spec()) {
        copies[i] = Tensor::Unset(value.spec());
      }
      const absl::Span<const std::byte> from = value.bytes();
      std::memcpy(copies[i].mutable_bytes().data(), from.data(), from.size());
      value = copies[i];
    }
  }
}

}  // namespace cairn
