// SPDX-License-Identifier: Apache-2.0
/// \file
/// A model's weights by themselves, for other programs: a safetensors file with the trained tensors by name,
/// and the settings that say what they are as metadata. A checkpoint, by `save`, is what this library reads
/// back.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <coco/io/safetensors_writer.hpp>
#include <coco/train/checkpoint.hpp>

namespace coco {

/// Writes the weights that the trainer's model has now; the file is replaced atomically. Neither moments nor
/// base weights of a language model are in it. Metadata: `format` "pt", as readers in Python expect, `parts`
/// and `settings` (JSON), `items`, `catalogue`, `language_model`. \throws Error if it cannot be written, or a
/// weight is not finite
template <class Model, class P, class O>
[[gnu::cold]] void save_weights(const std::filesystem::path& path, const Trainer<Model, P, O>& trainer) {
    using T = typename P::Scalar;
    const TrainedModel<Model, P>& trained = trainer.model();
    io::SafetensorsWriter file;
    file.metadata("format", "pt");
    checkpoint::describe(file, trainer);
    std::vector<std::vector<T>> values;
    for (const Tensor& t : trained.model->layout().tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        values.push_back(values_of(*trained.on, std::as_const(*trained.parameters), t.ref));
        checkpoint::require_finite(std::span<const T>(values.back()), t.name, path);
        // A vector keeps its memory where the list of them moves.
        file.add(t.name, io::Shape{t.ref.rows, t.ref.cols}, std::span<const T>(values.back()));
    }
    file.write(path);
}

}  // namespace coco
