// SPDX-License-Identifier: Apache-2.0
/// \file
/// A backbone beside the same one in PyTorch: rows, loss, gradients, and the losses of twenty steps of Adam.
/// The files are written by tests/fixtures/backbone_reference.py.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <coco/io/safetensors.hpp>
#include <coco/items/table.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/nn/embedding.hpp>

#include "conformance/backbone.hpp"
#include "conformance/policy_under_test.hpp"

namespace coco::test {

/// The sizes of the files' models; dropout as in the conformance tests.
template <class Config>
Config small_backbone() {
    Config config;
    config.encoder.width = 8;
    config.encoder.hidden = 12;
    config.encoder.dropout = config.encoder.attention_dropout = 0.2;
    config.encoder.epsilon = 1e-5;
    config.window = 17;
    return config;
}

/// A tensor of the file, of any shape.
template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

/// \param config  of the file's model, but for dropout, epsilon and window
/// \param name    the file is fixtures/<name>_reference.safetensors
/// \param bound   of rows and gradients
template <class B>
void equals_reference(typename B::Config config, const std::string& name, double bound = 1e-10) {
    using P = conformance::PolicyUnderTest<double>;
    INFO(name);
    const io::Safetensors file(std::string(COCO_TEST_DIR "/fixtures/") + name + "_reference.safetensors");
    const auto history = all_of<std::int32_t>(file, "history"),
               lengths = all_of<std::int32_t>(file, "length"), target = all_of<std::int32_t>(file, "target");
    const Index items = 23, rows = static_cast<Index>(history.size()), width = config.width();
    config.encoder.dropout = config.encoder.attention_dropout = 0;
    config.encoder.epsilon = 1e-12;
    config.window = 6;

    ParameterLayout layout;
    const items::Table table(layout, {}, items, width);
    const B model(layout, config);
    P on = conformance::policy<P>(2);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Gradients<P> gradients(on, layout), first(on, layout), second(on, layout);
    std::size_t learned = 0;
    for (const Tensor& t : layout.tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        on.upload(all_of<double>(file, "weight." + t.name).data(), parameters.list(t.ref));
        ++learned;
    }
    CHECK(file.tensors().size() == 2 * learned + 5);
    std::vector<conformance::History> people;
    for (std::size_t s = 0, at = 0; s < lengths.size(); at += static_cast<std::size_t>(lengths[s]), ++s) {
        const auto begin = history.begin() + static_cast<std::ptrdiff_t>(at);
        people.push_back({std::vector<Id>(begin, begin + lengths[s]), static_cast<Id>(s)});
    }

    const auto losses = all_of<double>(file, "loss");
    for (std::size_t step = 0; step < losses.size(); ++step) {
        INFO("step " << step + 1);
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        const Sequence<P> sequence = conformance::sequence(on, work, people, items, config.window);
        const auto vectors = table.forward(ctx);
        const Rows<P> x = work.keep(rows, width), dh = work.keep(rows, width), dx = work.keep(rows, width);
        nn::gather<P>(on, vectors.vectors, sequence.item, x);
        const auto saved = model.forward(ctx, sequence, CRows<P>(x));
        if (step == 0)
            CHECK(conformance::distance(conformance::downloaded<P>(on, saved.h), all_of<double>(file, "h")) <
                  bound);
        Targets<P> targets;
        targets.item = conformance::ids(on, work, target);
        const Rows<P> loss = conformance::uploaded(on, work, {0.0}, {1, 1});
        loss::CrossEntropy::step(ctx, saved.h, vectors.vectors, targets, 1, loss.data, dh, vectors.gradient);
        // Adam divides by the root of a gradient's square: where that is next to nothing, so are its digits.
        CHECK(conformance::downloaded<P>(on, loss)[0] ==
              Approx(losses[step]).epsilon(step == 0 ? bound / 100 : 1e-6));
        model.backward(ctx, sequence, saved, CRows<P>(dh), dx);
        nn::scatter<P>(on, CRows<P>(dx), sequence.by_item, vectors.gradient);
        if (step == 0)
            for (const Tensor& t : layout.tensors()) {
                if (t.ref.block == ParameterBlock::frozen) continue;
                INFO(t.name);
                const conformance::Numbers expected = all_of<double>(file, "gradient." + t.name);
                CHECK(conformance::length(expected) > 0);
                CHECK(conformance::distance(conformance::downloaded<P>(on, CRows<P>(gradients.view(t.ref))),
                                            expected) < bound);
            }
        AdamWStep adam;
        adam.rate = 1e-2;
        adam.step = static_cast<std::int64_t>(step) + 1;
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            const AdamWRange<P> range{adam, parameters.block(block).list(),
                                      std::as_const(gradients).block(block).list(), first.block(block).list(),
                                      second.block(block).list()};
            on.adamw({&range, 1}, nullptr);
        }
    }
}

}  // namespace coco::test
